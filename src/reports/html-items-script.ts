/**
 * The item-by-item part of a page: it reads its embedded JSON when it is first opened and shows a hundred items at a time, those on which
 * conditions disagree most first. It writes text only, never markup.
 */
export const itemsScript = `
  const section = $("#items");
  if (!section) return;
  const open = $("#items-open");
  let shown;
  const opened = () => {
    shown ??= (open.remove(), items(JSON.parse($("#items-data").textContent)));
    return shown;
  };
  open.addEventListener("click", () => opened().focus());
  for (const row of $$("figure[id^=table-pairs-] tbody tr:not(.group)")) {
    const [pro, contra] = [row.cells[0].textContent, row.cells[1].textContent];
    const button = element("button", { type: "button", className: "open", textContent: "items", title: "Items that count for " + pro + " against " + contra });
    button.addEventListener("click", () => { opened().pair(pro, contra); section.scrollIntoView(); });
    row.cells[row.cells.length - 1].append(" ", button);
  }
  function items(data) {
    const size = 100;
    let page = 0, field = 0, wanted = "", only = "all", pro = "", contra = "";
    const conditions = [...new Set(data.items.flatMap((item) => item.entries.map((entry) => entry.condition)))];
    const digits = (value) => value === null || value === undefined ? "–" : Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
    const entry = (item, condition) => item.entries.find((one) => one.condition === condition);
    const ways = data.directions || [];
    const ends = data.fields.map((_, f) => {
      let low = Infinity, high = -Infinity;
      for (const item of data.items) for (const { values } of item.entries) if (values[f] !== null) { low = Math.min(low, values[f]); high = Math.max(high, values[f]); }
      return [low, high];
    });
    const differs = (item) => new Set(conditions.map((condition) => entry(item, condition)?.values[field] ?? null)).size > 1;
    const fails = (item) => item.entries.some((one) => one.status !== "success");
    const leads = (item) => {
      const [a, b] = [entry(item, pro)?.values[field] ?? null, entry(item, contra)?.values[field] ?? null];
      return a !== null && b !== null && (ways[field] === "lower" ? a < b : a > b);
    };
    const ofPair = (item) => (pro && contra ? leads(item) : true);
    const grade = (value) => {
      const [low, high] = ends[field];
      if (value === null || value === undefined || !ways[field] || ways[field] === "none" || !(high > low)) return "";
      const share = (value - low) / (high - low);
      const good = ways[field] === "lower" ? 1 - share : share;
      return good > 0.999 ? "best" : good < 0.001 ? "worst" : good >= 0.5 ? "upper" : "lower";
    };
    const mark = (value) => {
      const [low, high] = ends[field];
      return low === 0 && high === 1 && (value === 0 || value === 1) && ways[field] === "higher" ? (value === 1 ? "✓ " : "✗ ") : "";
    };
    const brief = (text, most) => (text.length > most ? text.slice(0, most).trimEnd() + "…" : text).replace(/\\s+/g, " ");
    const cell = (item, condition) => {
      const one = entry(item, condition);
      const value = one?.values[field] ?? null;
      if (!one) return element("td", { className: "answer", textContent: "–", title: "not run" });
      const failed = one.status !== "success" && value === null;
      const number = mark(value) || (value === null ? "" : digits(value) + " ");
      return element("td", { className: "answer " + (failed ? "failed" : grade(value)), title: one.status.replaceAll("_", " "), dir: "auto" },
        element("b", { textContent: failed ? "failed " : number }), element("span", { textContent: brief(one.text, 48) }));
    };
    const compared = (text, other) => {
      const known = new Set(other.split(/\\s+/));
      return text.split(/(\\s+)/).map((word) => (other && word.trim() && !known.has(word) ? element("mark", { textContent: word }) : word));
    };
    const side = (item) => {
      const first = item.entries.find((one) => one.text)?.text ?? "";
      return element("div", { className: "side" },
        ...[["Input", item.input], ["Target", item.target]].filter(([, text]) => text).map(([name, text]) => element("div", { className: "whole" }, element("h3", { textContent: name }), element("p", { dir: "auto", textContent: text }))),
        ...item.entries.map((one) => element("div", {}, element("h3", { dir: "auto", textContent: one.condition }),
          element("p", { className: "numbers", textContent: (one.status === "success" ? "" : one.status.replaceAll("_", " ") + ", ") + data.fields.map((name, i) => name + " " + digits(one.values[i])).join(", ") + (one.repeats > 1 ? " (mean of " + one.repeats + ")" : "") }),
          element("p", { dir: "auto" }, ...(one.text ? compared(one.text, one.text === first ? "" : first) : ["no output"])))));
    };
    const chooser = (name, options) => {
      const made = element("select", {}, ...options.map(([value, textContent]) => element("option", { value, textContent })));
      made.setAttribute("aria-label", name);
      return made;
    };
    const search = element("input", { type: "search", placeholder: "Find in items and answers" });
    search.setAttribute("aria-label", "Find items");
    const fields = chooser("Number shown", data.fields.map((name, i) => [i, name]));
    const kinds = chooser("Which items", [["all", "all items"], ["differs", "conditions differ"], ["fails", "not all succeeded"]]);
    const names = conditions.map((name) => [name, name]);
    const first = chooser("Counts for", [["", "counts for: any"], ...names]);
    const second = chooser("Against", [["", "against: any"], ...names]);
    const back = element("button", { type: "button", textContent: "Previous" });
    const next = element("button", { type: "button", textContent: "Next" });
    const status = element("span", { role: "status" });
    const head = element("tr", {}, element("th", { scope: "col", textContent: "Item" }), ...conditions.map((name) => element("th", { scope: "col", dir: "auto", textContent: name })));
    const body = element("tbody");
    const draw = () => {
      const found = data.items.filter((item) => (only === "all" || (only === "differs" ? differs(item) : fails(item))) && ofPair(item) &&
        (!wanted || [item.id, item.input || "", item.target || ""].some((text) => text.toLowerCase().includes(wanted)) || item.entries.some((one) => one.text.toLowerCase().includes(wanted))));
      const pages = Math.max(1, Math.ceil(found.length / size));
      page = Math.min(page, pages - 1);
      status.textContent = found.length + " of " + data.items.length + " items, page " + (page + 1) + " of " + pages + (data.omitted ? "; " + data.omitted + " more are not in this file" : "");
      back.disabled = page === 0;
      next.disabled = page >= pages - 1;
      body.replaceChildren(...found.slice(page * size, page * size + size).map((item) => {
        const button = element("button", { type: "button", className: "open", textContent: item.id });
        button.setAttribute("aria-expanded", "false");
        const about = [item.input && element("div", { className: "input", dir: "auto", textContent: brief(item.input, 80) }), item.target && element("div", { className: "target", dir: "auto", textContent: "target: " + brief(item.target, 60) })];
        const row = element("tr", { className: "item" }, element("th", { scope: "row" }, button, ...about.filter(Boolean)), ...conditions.map((condition) => cell(item, condition)));
        button.addEventListener("click", () => {
          const isOpen = button.getAttribute("aria-expanded") === "true";
          button.setAttribute("aria-expanded", String(!isOpen));
          if (isOpen) return row.nextElementSibling.remove();
          row.after(element("tr", { className: "detail" }, element("td", { colSpan: conditions.length + 1 }, side(item))));
        });
        return row;
      }));
    };
    const again = (change) => (event) => { change(event.target.value); page = 0; draw(); };
    search.addEventListener("input", again((value) => { wanted = value.toLowerCase(); }));
    fields.addEventListener("change", again((value) => { field = Number(value); }));
    kinds.addEventListener("change", again((value) => { only = value; }));
    first.addEventListener("change", again((value) => { pro = value; }));
    second.addEventListener("change", again((value) => { contra = value; }));
    back.addEventListener("click", () => { page -= 1; draw(); });
    next.addEventListener("click", () => { page += 1; draw(); });
    const scroll = element("div", { className: "scroll", tabIndex: 0 }, element("table", { className: "items" }, element("thead", {}, head), body));
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", "Items");
    section.append(element("div", { className: "tools" }, search, fields, kinds, ...(conditions.length > 1 ? [first, second] : []), back, next, status), scroll);
    draw();
    return {
      focus: () => search.focus(),
      pair: (a, b) => { first.value = pro = a; second.value = contra = b; page = 0; draw(); },
    };
  }
`;
