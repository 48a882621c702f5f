import { themeScript } from "#src/reports/theme-script";

/**
 * The viewer's one script: theme, live pages, filters without a reload, times in the reader's zone, a few keys. Pages come from the server
 * ready and escaped; the script changes what is on the screen into them, so that focus, selection and opened parts stay.
 */
export const script = `
"use strict";
(() => {
  const main = document.getElementById("main");
  const connection = document.getElementById("connection");

${themeScript}
  const two = (n) => String(n).padStart(2, "0");
  const localize = (root) => {
    for (const time of root.querySelectorAll("time")) {
      const at = new Date(time.dateTime);
      const day = at.getFullYear() + "-" + two(at.getMonth() + 1) + "-" + two(at.getDate());
      const clock = two(at.getHours()) + ":" + two(at.getMinutes());
      time.textContent = time.dataset.form === "date" ? day + " " + clock : clock + ":" + two(at.getSeconds()) + "." + String(at.getMilliseconds()).padStart(3, "0");
      time.title = time.dateTime;
    }
  };

  const keyOf = (node) => (node.nodeType === 1 ? node.id || node.dataset.key : undefined);
  const morph = (from, to) => {
    if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName || keyOf(from) !== keyOf(to)) return void from.replaceWith(to);
    if (from.nodeType !== 1) { if (from.data !== to.data) from.data = to.data; return; }
    if (from.isEqualNode(to)) return;
    for (const { name, value } of [...to.attributes]) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
    for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && !(name === "open" && from.nodeName === "DETAILS")) from.removeAttribute(name);
    if (from !== document.activeElement && from.nodeName === "INPUT" && from.type !== "checkbox") from.value = to.value;
    morphChildren(from, to);
  };
  const morphChildren = (from, to) => {
    const keyed = new Map([...from.children].filter(keyOf).map((child) => [keyOf(child), child]));
    let at = from.firstChild;
    for (const next of [...to.childNodes]) {
      const same = keyOf(next) !== undefined && keyed.get(keyOf(next));
      if (same && same !== at) { from.insertBefore(same, at); at = same; }
      if (!at) { from.append(next); continue; }
      if (!same && keyOf(at) !== undefined) { from.insertBefore(next, at); continue; }
      const following = at.nextSibling;
      morph(at, next);
      at = following;
    }
    while (at) { const following = at.nextSibling; at.remove(); at = following; }
  };
  const put = (title, inside) => {
    document.title = title;
    localize(inside);
    const next = document.createElement("main");
    next.append(...inside.childNodes);
    morphChildren(main, next);
  };

  let source;
  const listen = () => {
    source?.close();
    source = undefined;
    if (!("live" in document.body.dataset) || document.hidden) return;
    const own = new EventSource(location.href);
    source = own;
    own.addEventListener("open", () => { connection.textContent = "live"; connection.className = "on"; });
    own.addEventListener("error", () => { connection.textContent = "no connection to the viewer"; connection.className = "off"; });
    own.addEventListener("page", ({ data }) => {
      const { title, html } = JSON.parse(data);
      const template = document.createElement("template");
      template.innerHTML = html; // made and escaped by the server
      if (own === source) put(title, template.content);
    });
    own.addEventListener("end", () => { own.close(); connection.textContent = ""; connection.className = ""; delete document.body.dataset.live; });
  };
  document.addEventListener("visibilitychange", listen);

  let asked = 0;
  const go = async (address) => {
    const mine = ++asked;
    try {
      const response = await fetch(address, { headers: { accept: "text/html" } });
      const text = await response.text();
      if (mine !== asked) return;
      const next = new DOMParser().parseFromString(text, "text/html");
      history.replaceState(null, "", address);
      document.body.toggleAttribute("data-live", next.body.hasAttribute("data-live"));
      put(next.title, next.getElementById("main"));
      listen();
    } catch { connection.textContent = "no connection to the viewer"; connection.className = "off"; }
  };
  const addressOf = (form) => {
    const given = [...new FormData(form)].filter(([, value]) => value !== "" && value !== "plan");
    const query = new URLSearchParams(given).toString();
    return location.pathname + (query ? "?" + query : "");
  };
  let waiting;
  main.addEventListener("input", ({ target }) => {
    if (!target.form?.classList.contains("filter")) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => go(addressOf(target.form)), target.nodeName === "SELECT" ? 0 : 250);
  });
  main.addEventListener("submit", (event) => {
    if (!event.target.classList.contains("filter")) return;
    event.preventDefault();
    clearTimeout(waiting);
    go(addressOf(event.target));
  });
  main.addEventListener("click", (event) => {
    const step = event.target.closest?.(".steps a");
    if (!step || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(step.getAttribute("href"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /INPUT|SELECT|TEXTAREA/.test(event.target.nodeName)) return;
    if (event.key === "/") {
      const search = main.querySelector("input[type=search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
    const step = main.querySelector(event.key === "[" ? "[data-step=back]" : event.key === "]" ? "[data-step=on]" : "[data-none]");
    if (step) step.click();
    const hot = event.key.length === 1 && main.querySelector('[data-hotkey="' + CSS.escape(event.key) + '"]');
    if (hot) { event.preventDefault(); if (hot.nodeName === "INPUT") hot.focus(); else if (!event.repeat) hot.click(); }
    const tab = Number(event.key) - 1;
    const tabs = main.querySelectorAll(".tabs a");
    if (tab >= 0 && tab < tabs.length) tabs[tab].click();
  });

  localize(document);
  listen();
})();
`;
