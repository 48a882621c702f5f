import type { ChartArrow, MachineChart } from "#src/app/observe/chart-of";
import { html, type Markup } from "./markup.ts";
import { table, th } from "./parts.ts";

/** Every transition of a machine, also those that a chart does not draw because they stay where they are. */
export function transitionTable(kind: string, { arrows, anywhere }: MachineChart): Markup {
  const row = ({ from, to, event, guard, actions }: ChartArrow): Markup =>
    html`<tr><th scope="row">${from}</th><td>${event || "at once"}</td><td>${guard ?? ""}</td><td>${actions.join(", ")}</td><td>${to === undefined || to === from ? "stays" : to}</td></tr>`;
  const rows = [...arrows, ...anywhere.map((arrow) => ({ from: "anywhere", ...arrow }))].map(row);
  return table(
    `Transitions of the ${kind}`,
    ["State", "Event", "Guard", "Actions", "To"].map((name) => th(name)),
    rows,
    "It has none.",
  );
}
