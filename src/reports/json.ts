import type { Steps } from "#src/kernel/steps";
import { atOnce, type Renderer, type Report } from "./report.ts";

/** `json` in steps. */
export function* jsonSteps(report: Report): Steps<string> {
  return `${yield* textOf(report, "")}\n`;
}

/** The report as it is: sections, tables, cells with number and text, items. */
export const json: Renderer = atOnce(jsonSteps);

/** Elements of a list that are written in one step; longer ones take several. */
const LONG = 20;
/** Levels below a value at which a long list is looked for. */
const DEEP = 6;

/** What `JSON.stringify(value, null, 2)` gives: long lists, and what holds them, in steps. */
function* textOf(value: unknown, indent: string): Steps<string> {
  const inner = `${indent}  `;
  const at = (one: unknown): string => JSON.stringify(one ?? null, null, 2).replaceAll("\n", `\n${inner}`);
  const parts: string[] = [];
  if (!holdsLong(value, DEEP)) {
    yield;
    return JSON.stringify(value, null, 2).replaceAll("\n", `\n${indent}`);
  }
  if (!Array.isArray(value)) {
    for (const [name, one] of Object.entries(value as object))
      if (one !== undefined) parts.push(`${JSON.stringify(name)}: ${yield* textOf(one, inner)}`);
    return `{\n${inner}${parts.join(`,\n${inner}`)}\n${indent}}`;
  }
  for (const [place, one] of value.entries()) {
    if (holdsLong(one, DEEP)) parts.push(yield* textOf(one, inner));
    else {
      if (place % LONG === 0) yield;
      parts.push(at(one));
    }
  }
  return `[\n${inner}${parts.join(`,\n${inner}`)}\n${indent}]`;
}

function holdsLong(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value) && value.length >= LONG) return true;
  if (levels === 0) return false;
  for (const name in value) if (holdsLong((value as Record<string, unknown>)[name], levels - 1)) return true;
  return false;
}
