import { themeScript } from "./theme-script.ts";

/**
 * The page's one script: theme, sorting, filtering, and the item-by-item part, which reads its embedded JSON when it is first
 * opened and shows a hundred items at a time. It writes text only, never markup.
 */
export const script = `
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

${themeScript}
  const keyOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : typeof a === "number" ? -1 : typeof b === "number" ? 1 : a.localeCompare(b, "en", { numeric: true }));
  const sort = (table, column, header) => {
    const order = header.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    for (const other of $$("th", table.tHead)) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", order);
    for (const body of table.tBodies) {
      const rows = [...body.rows].filter((row) => !row.classList.contains("group"));
      rows.sort((a, b) => compare(keyOf(a, column), keyOf(b, column)) * (order === "ascending" ? 1 : -1));
      body.append(...rows);
    }
  };
  for (const table of $$("table.data")) {
    $$("th", table.tHead).forEach((header, column) => {
      const button = element("button", { type: "button", textContent: header.textContent, title: header.title || "Sort by this column" });
      header.removeAttribute("title");
      header.replaceChildren(button);
      button.addEventListener("click", () => sort(table, column, header));
    });
    const rows = $$("tbody tr:not(.group)", table);
    if (rows.length < 8) continue;
    const filter = element("input", { type: "search", placeholder: "Filter rows", className: "filter" });
    filter.setAttribute("aria-label", "Filter rows of: " + table.getAttribute("aria-label"));
    filter.addEventListener("input", () => {
      const wanted = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !wanted.every((word) => text.includes(word));
      }
      for (const group of $$("tr.group", table)) group.hidden = [...group.parentElement.rows].every((row) => row === group || row.hidden);
    });
    $("figcaption", table.closest("figure")).append(filter);
  }

  const section = $("#items");
  if (!section) return;
  const open = $("#items-open");
  open.addEventListener("click", () => { open.remove(); items(JSON.parse($("#items-data").textContent)); });
  const items = (data) => {
    const size = 100;
    let page = 0, field = 0, wanted = "", only = "all";
    const conditions = [...new Set(data.items.flatMap((item) => item.entries.map((entry) => entry.condition)))];
    const digits = (value) => value === null || value === undefined ? "–" : Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
    const entry = (item, condition) => item.entries.find((one) => one.condition === condition);
    const differs = (item) => new Set(conditions.map((condition) => entry(item, condition)?.values[field] ?? null)).size > 1;
    const fails = (item) => item.entries.some((one) => one.status !== "success");
    const search = element("input", { type: "search", placeholder: "Find in ids and outputs" });
    search.setAttribute("aria-label", "Find items");
    const fields = element("select", {}, ...data.fields.map((name, i) => element("option", { value: i, textContent: name })));
    fields.setAttribute("aria-label", "Number shown");
    const kinds = element("select", {}, ...[["all", "all items"], ["differs", "conditions differ"], ["fails", "not all succeeded"]].map(([value, textContent]) => element("option", { value, textContent })));
    kinds.setAttribute("aria-label", "Which items");
    const back = element("button", { type: "button", textContent: "Previous" });
    const next = element("button", { type: "button", textContent: "Next" });
    const status = element("span", { role: "status" });
    const head = element("tr", {}, element("th", { scope: "col", textContent: "Item" }), ...conditions.map((name) => element("th", { scope: "col", className: "right", textContent: name })));
    const body = element("tbody");
    const draw = () => {
      const found = data.items.filter((item) => (only === "all" || (only === "differs" ? differs(item) : fails(item))) &&
        (!wanted || item.id.toLowerCase().includes(wanted) || item.entries.some((one) => one.text.toLowerCase().includes(wanted))));
      const pages = Math.max(1, Math.ceil(found.length / size));
      page = Math.min(page, pages - 1);
      status.textContent = found.length + " of " + data.items.length + " items, page " + (page + 1) + " of " + pages + (data.omitted ? "; " + data.omitted + " more are not in this file" : "");
      back.disabled = page === 0;
      next.disabled = page >= pages - 1;
      body.replaceChildren(...found.slice(page * size, page * size + size).map((item) => {
        const button = element("button", { type: "button", className: "open", textContent: item.id });
        button.setAttribute("aria-expanded", "false");
        const row = element("tr", { className: "item" }, element("th", { scope: "row" }, button), ...conditions.map((condition) => {
          const one = entry(item, condition);
          const failed = one && one.status !== "success";
          return element("td", { className: failed ? "right failed" : "right", title: one ? one.status.replaceAll("_", " ") : "not run", textContent: failed && one.values[field] === null ? "failed" : digits(one?.values[field]) });
        }));
        button.addEventListener("click", () => {
          const opened = button.getAttribute("aria-expanded") === "true";
          button.setAttribute("aria-expanded", String(!opened));
          if (opened) return row.nextElementSibling.remove();
          const list = element("dl", {}, ...item.entries.flatMap((one) => [
            element("dt", { textContent: one.condition }),
            element("dd", { dir: "auto", textContent: [one.text || "no output", data.fields.map((name, i) => name + " " + digits(one.values[i])).join(", ") + (one.repeats > 1 ? " (mean of " + one.repeats + ")" : "")].join("\\n") }),
          ]));
          row.after(element("tr", { className: "detail" }, element("td", { colSpan: conditions.length + 1 }, list)));
        });
        return row;
      }));
    };
    const again = (change) => (event) => { change(event.target.value); page = 0; draw(); };
    search.addEventListener("input", again((value) => { wanted = value.toLowerCase(); }));
    fields.addEventListener("change", again((value) => { field = Number(value); }));
    kinds.addEventListener("change", again((value) => { only = value; }));
    back.addEventListener("click", () => { page -= 1; draw(); });
    next.addEventListener("click", () => { page += 1; draw(); });
    const scroll = element("div", { className: "scroll", tabIndex: 0 }, element("table", {}, element("thead", {}, head), body));
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", "Items");
    section.append(element("div", { className: "tools" }, search, fields, kinds, back, next, status), scroll);
    draw();
    search.focus();
  };
})();
`;
