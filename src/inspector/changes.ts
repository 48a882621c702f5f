/** A part of a snapshot that is another one than before. */
export interface Change {
  /** Names from the outside in, with dots. */
  readonly path: string;
  /** JSON, cut; `absent` where there was none. */
  readonly from: string;
  readonly to: string;
}

const MOST_CHANGES = 25;
const MOST_TEXT = 80;

/**
 * What differs between two values of JSON, innermost parts first to last.
 *
 * @returns at most 25
 * @example changesBetween({ a: 1, b: { c: 2 } }, { a: 1, b: { c: 3 } }) // => [{ path: "b.c", from: "2", to: "3" }]
 */
export function changesBetween(from: unknown, to: unknown): Change[] {
  const found: Change[] = [];
  compare(from, to, "", found);
  return found;
}

function compare(from: unknown, to: unknown, path: string, found: Change[]): void {
  if (found.length >= MOST_CHANGES || from === to) return;
  if (!isRecord(from) || !isRecord(to)) {
    if (JSON.stringify(from) !== JSON.stringify(to))
      found.push({ path: path || "snapshot", from: textOf(from), to: textOf(to) });
    return;
  }
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)]))
    compare(partOf(from, key), partOf(to, key), path === "" ? key : `${path}.${key}`, found);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const partOf = (record: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(record, key) ? record[key] : undefined;

function textOf(value: unknown): string {
  const text = value === undefined ? "absent" : JSON.stringify(value);
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}
