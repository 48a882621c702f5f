import { itemsScript } from "./html-items-script.ts";
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

${itemsScript}})();
`;
