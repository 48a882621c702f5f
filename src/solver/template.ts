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
  const { closing, flat } = bracesOf(template);
  const edits = new Map<number, readonly [end: number, text: string]>();
  for (const start of [...closing.keys()].sort((a, b) => a - b)) {
    if (edits.has(start)) continue; // the second of doubled braces
    const end = closing.get(start)!;
    const inner = closing.get(start + 1);
    if (inner !== undefined && inner + 1 === end) edits.set(start + 1, [start + 2, ""]).set(inner, [end, ""]);
    else if (flat.has(start)) {
      const field = fieldOf(template.slice(start + 1, end), values);
      if (field !== undefined) edits.set(start, [end + 1, field]);
    }
  }
  let filled = "";
  let at = 0;
  for (const [start, [end, text]] of [...edits].sort(([a], [b]) => a - b)) {
    filled += template.slice(at, start) + text;
    at = end;
  }
  return filled + template.slice(at);
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
function fieldOf(field: string, values: Readonly<Record<string, unknown>>): string | undefined {
  if (Object.hasOwn(values, field)) return shown(values[field]);
  const [, path = "", spec = ""] = /^((?:[^:[]|\[[^\]]*\])*)(?::(.*))?$/s.exec(field) ?? [];
  const name = path.replace(/!s$/, "");
  const value = Object.hasOwn(values, name) ? values[name] : memberOf(values, name);
  return spec === "" || value === undefined ? shown(value) : formatted(value, spec);
}

/** A member by its path: `a.b[c][0]`. Only what data say themselves: nothing inherited, no length. */
function memberOf(values: unknown, path: string): unknown {
  let at = values;
  let read = 0;
  for (const [step, dotted, bracketed] of path.matchAll(/(?:^|\.)([^.[\]]+)|\[([^\]]+)\]/g)) {
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
