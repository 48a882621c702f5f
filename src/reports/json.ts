import { joinInSteps, type Steps } from "#src/kernel/steps";
import { atOnce, type Renderer, type Report } from "./report.ts";

/** `json` in steps. */
export function* jsonSteps(report: Report): Steps<string> {
  const parts: string[] = [];
  yield* write(report, "", parts);
  return `${yield* joinInSteps(parts, "")}\n`;
}

/** The report as it is: sections, tables, cells with number and text, items. */
export const json: Renderer = atOnce(jsonSteps);

/** Elements of a list that are written in one step; longer ones take several. */
const LONG = 20;
/** Levels below a value at which a long list is looked for. */
const DEEP = 6;

/** What `JSON.stringify(value, null, 2)` gives, in pieces: long lists, and what holds them, in steps. */
function* write(value: unknown, indent: string, parts: string[]): Steps<void> {
  const inner = `${indent}  `;
  const at = (one: unknown, by: string): string => JSON.stringify(one ?? null, null, 2).replaceAll("\n", `\n${by}`);
  if (!holdsLong(value, DEEP)) {
    yield;
    parts.push(at(value, indent));
    return;
  }
  let before = `\n${inner}`;
  if (!Array.isArray(value)) {
    parts.push("{");
    for (const [name, one] of Object.entries(value as object)) {
      if (one === undefined) continue;
      parts.push(`${before}${JSON.stringify(name)}: `);
      yield* write(one, inner, parts);
      before = `,\n${inner}`;
    }
    parts.push(`\n${indent}}`);
    return;
  }
  parts.push("[");
  for (const [place, one] of value.entries()) {
    parts.push(before);
    if (holdsLong(one, DEEP)) yield* write(one, inner, parts);
    else {
      if (place % LONG === 0) yield;
      parts.push(at(one, inner));
    }
    before = `,\n${inner}`;
  }
  parts.push(`\n${indent}]`);
}

function holdsLong(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value) && value.length >= LONG) return true;
  if (levels === 0) return false;
  for (const name in value) if (holdsLong((value as Record<string, unknown>)[name], levels - 1)) return true;
  return false;
}
