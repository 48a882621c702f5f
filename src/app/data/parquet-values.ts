import type { ParquetParsers, SchemaElement } from "hyparquet";
import { parseJson } from "#src/kernel/json";

const text = new TextDecoder("utf-8", { fatal: true });

/** Values as text that says no less than the file does: a JavaScript date would cut what is finer than a millisecond. */
export const parsers: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (millis) => isoOf(millis, 3),
  timestampFromMicroseconds: (micros) => isoOf(micros, 6),
  timestampFromNanoseconds: (nanos) => isoOf(nanos, 9),
  dateFromDays: (days) => dateOf(days === undefined || days === null ? undefined : days * 86_400_000)?.slice(0, -14),
  stringFromBytes: (bytes) => bytes && text.decode(bytes),
  jsonFromBytes: (bytes) => bytes && parseJson(text.decode(bytes)),
};

/** An instant in units of 10^-digits seconds since 1970, to the millisecond, or to its last digit where it is finer. */
function isoOf(units: bigint | undefined | null, digits: number): string | null | undefined {
  if (units === undefined || units === null) return units;
  const perMillisecond = 10n ** BigInt(digits - 3);
  const rest = ((BigInt(units) % perMillisecond) + perMillisecond) % perMillisecond;
  const iso = dateOf(Number((BigInt(units) - rest) / perMillisecond));
  if (rest === 0n || !iso) return iso;
  return `${iso.slice(0, -1)}${String(rest)
    .padStart(digits - 3, "0")
    .replace(/0+$/, "")}Z`;
}

/** Nothing for what no calendar has. */
function dateOf(millis: number | undefined): string | null | undefined {
  if (millis === undefined) return undefined;
  const date = new Date(millis);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

type Change = (value: unknown) => unknown;

/**
 * Takes decimals and enumerations over from the reader, which would multiply the ones and not spell the others: their columns are marked as
 * bare numbers and as text in the schema.
 *
 * @param schema the elements of a file, changed in place
 * @returns what makes a row's decimals of its bare numbers
 */
export function decimalsOf(schema: SchemaElement[]): (row: Record<string, unknown>) => Record<string, unknown> {
  let at = 0;
  const next = (): Node => {
    const element = schema[at]!;
    at += 1;
    return { element, children: Array.from({ length: element.num_children ?? 0 }, next) };
  };
  const change = changeOf(next());
  return (row) => (change ? (change(row) as Record<string, unknown>) : row);
}

interface Node {
  readonly element: SchemaElement;
  readonly children: readonly Node[];
}

/** How the values of a column, or of a group of them, are changed; nothing where they are not. */
function changeOf({ element, children }: Node): Change | undefined {
  const [first] = children;
  const kind = element.converted_type ?? element.logical_type?.type;
  if (first === undefined) return leafChange(element);
  if (kind === "LIST") return changeOf(first.children.length === 1 ? first.children[0]! : first); // its own levels are not in the values
  if (kind === "MAP" || kind === "MAP_KEY_VALUE") {
    const change = first.children[1] && changeOf(first.children[1]);
    return change && through((value) => mapped(value, Object.keys(value as object), () => change));
  }
  const changes = new Map(children.map((child) => [child.element.name, changeOf(child)]));
  const changed = [...changes.keys()].filter((name) => changes.get(name) !== undefined);
  return changed.length === 0 ? undefined : through((value) => mapped(value, changed, (name) => changes.get(name)!));
}

const mapped = (value: unknown, names: readonly string[], changeOf: (name: string) => Change): unknown => {
  const record = value as Record<string, unknown>;
  return { ...record, ...Object.fromEntries(names.map((name) => [name, changeOf(name)(record[name])])) };
};

function leafChange(element: SchemaElement): Change | undefined {
  if (element.converted_type === "ENUM" || element.logical_type?.type === "ENUM") element.converted_type = "UTF8";
  const scale = scaleOf(element);
  if (scale === undefined) return undefined;
  delete element.converted_type;
  delete element.logical_type;
  return through((value) => decimal(value, scale));
}

/** Applies a change to a value, or to all of a list. */
const through =
  (change: Change): Change =>
  (value) =>
    value === undefined || value === null ? value : Array.isArray(value) ? value.map(through(change)) : change(value);

function scaleOf({ converted_type, logical_type, scale }: SchemaElement): number | undefined {
  if (logical_type?.type === "DECIMAL") return logical_type.scale;
  return converted_type === "DECIMAL" ? (scale ?? 0) : undefined;
}

/** A double holds every decimal of fifteen digits. */
const EXACT_DIGITS = 15;

/** @param unscaled a whole number, or its bytes in two's complement, the highest first */
function decimal(unscaled: unknown, scale: number): unknown {
  const whole = unscaled instanceof Uint8Array ? wholeOf(unscaled) : BigInt(unscaled as bigint);
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, "0");
  const point = digits.length - scale;
  const written = `${whole < 0n ? "-" : ""}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ""}`;
  return digits.replace(/^0+/, "").length <= EXACT_DIGITS ? Number(written) : written;
}

function wholeOf(bytes: Uint8Array): bigint {
  const value = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return BigInt.asIntN(bytes.length * 8, value);
}
