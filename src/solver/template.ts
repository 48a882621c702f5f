import { formatted } from "./format-spec.ts";

/**
 * Fills `{name}` from values, as Python's `str.format` does:
 * - `{ctx.key}` or `{ctx[key]}` is a member of a record, `{items[0]}` an item of a list, `{n:.2f}` a number as its format says.
 * - Doubled braces give one pair, so `{{name}}` is the text `{name}` and `{{"a": {n}}}` an object with `n` filled in.
 * - Unlike in Python, all other braces, and names that are not there, stay as they are: JSON and code in prompts survive.
 *
 * A text is filled in as it is, anything else as JSON. What was filled in is never looked at again.
 *
 * @example fillTemplate("{prompt} ({unit}, {x})", { prompt: "How far?", unit: "km" }) // => "How far? (km, {x})"
 * @example fillTemplate('{{"share": {n:.1%}}} {at[0].x}', { n: 0.256, at: [{ x: "{n}" }] }) // => '{"share": 25.6%} {n}'
 */
export function fillTemplate(template: string, values: Readonly<Record<string, unknown>>): string {
  if (!template.includes("{")) return template;
  let filled = "";
  for (const part of partsOf(template))
    filled += typeof part === "string" ? part : (filledIn(part, values) ?? `{${part.field}}`);
  return filled;
}

/** A place that a value may fill. */
interface Field {
  /** All that stands between the braces. */
  readonly field: string;
  readonly name: string;
  readonly spec: string;
}
type Part = string | Field;

/** Templates are read once, not once a task. */
const memory = new Map<string, readonly Part[]>();
const REMEMBERED = 100;

function partsOf(template: string): readonly Part[] {
  const known = memory.get(template);
  if (known) return known;
  const parts = readParts(template);
  if (memory.size >= REMEMBERED) memory.clear();
  memory.set(template, parts);
  return parts;
}

/** Texts and fields in turn; of doubled braces one of each two is left out. */
function readParts(template: string): readonly Part[] {
  const { closing, flat } = bracesOf(template);
  const edits = new Map<number, readonly [end: number, part: Part]>();
  for (const start of [...closing.keys()].sort((a, b) => a - b)) {
    if (edits.has(start)) continue; // the second of doubled braces
    const end = closing.get(start)!;
    const inner = closing.get(start + 1);
    if (inner !== undefined && inner + 1 === end) edits.set(start + 1, [start + 2, ""]).set(inner, [end, ""]);
    else if (flat.has(start)) edits.set(start, [end + 1, readField(template.slice(start + 1, end))]);
  }
  const parts: Part[] = [];
  let at = 0;
  for (const [start, [end, part]] of [...edits].sort(([a], [b]) => a - b)) {
    parts.push(template.slice(at, start), part);
    at = end;
  }
  return [...parts, template.slice(at)].filter((part) => part !== "");
}

function readField(field: string): Field {
  const [, path = "", spec = ""] = /^((?:[^:[]|\[[^\]]*\])*)(?::(.*))?$/s.exec(field) ?? [];
  return { field, name: path.replace(/!s$/, ""), spec };
}

/** Where each brace that is closed is closed, in one pass; `flat` ones have no braces between. */
function bracesOf(text: string): { closing: ReadonlyMap<number, number>; flat: ReadonlySet<number> } {
  const closing = new Map<number, number>();
  const flat = new Set<number>();
  const open: number[] = [];
  let last = -1;
  for (const { 0: brace, index } of text.matchAll(/[{}]/g)) {
    if (brace === "{") open.push(index);
    else {
      const start = open.pop();
      if (start !== undefined) closing.set(start, index);
      if (start !== undefined && start === last) flat.add(start);
    }
    last = index;
  }
  return { closing, flat };
}

/** What a field says; nothing where there is no such value, or it cannot be written so. */
function filledIn({ field, name, spec }: Field, values: Readonly<Record<string, unknown>>): string | undefined {
  if (Object.hasOwn(values, field)) return shown(values[field]);
  const value = Object.hasOwn(values, name) ? values[name] : memberOf(values, name);
  return spec === "" || value === undefined ? shown(value) : formatted(value, spec);
}

/** A member by its path: `a.b[c][0]`. Only what data say themselves: nothing inherited, no length. */
function memberOf(values: unknown, path: string): unknown {
  let at = values;
  let read = 0;
  for (const [step, dotted, bracketed] of path.matchAll(/(?:^|\.)([^.[\]]+)|\[([^[\]]+)\]/g)) {
    const key = dotted ?? bracketed ?? "";
    const isMember =
      typeof at === "object" && at !== null && Object.hasOwn(at, key) && (!Array.isArray(at) || /^\d+$/.test(key));
    if (!isMember) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[key];
    read += step.length;
  }
  return read === path.length && read > 0 ? at : undefined;
}

const shown = (value: unknown): string | undefined =>
  typeof value === "string" ? value : typeof value === "bigint" ? String(value) : JSON.stringify(value);
