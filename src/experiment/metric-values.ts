import { isPlainObject, ownMember, putMember } from "#src/kernel/record";

/** What a condition may return as a metric: a number, a yes or no, or a tree of them. */
export type MetricValue = number | boolean | { readonly [key: string]: MetricValue };

/** Metrics of one task by dotted field name; a yes is 1. `{ custom: { value: 2 } }` is read as `custom.value`. */
export type FlatMetrics = Readonly<Record<string, number>>;

type Metrics = Readonly<Record<string, MetricValue>>;

/** Numbers that an object may hold as metrics; one with more is data. */
const MOST_MEMBERS = 1000;
/** Objects within objects that are read as metrics. */
const DEEPEST = 20;

/** The numbers in a result by dotted name. Values that are not finite are left out.
 * @example flatten({ accuracy: true, custom: { value: 2 } }) // => { accuracy: 1, "custom.value": 2 } */
export function flatten(metrics: Metrics): FlatMetrics {
  const flat = new Flat();
  addFlat(metrics, "", flat);
  return flat;
}

/**
 * `flatten` of the metrics that `split` finds, without what lies between: for rows by the million.
 *
 * @param except fields that hold no metrics
 * @example flattenReturned({ item: 7, accuracy: true, text: "B" }, new Set(["item"])) // => { accuracy: 1 }
 */
export function flattenReturned(returned: Readonly<Record<string, unknown>>, except: ReadonlySet<string>): FlatMetrics {
  const flat = new Flat();
  for (const key of Object.keys(returned)) {
    if (except.has(key)) continue;
    const value = returned[key];
    if (isNumber(value)) flat[key] = Number(value);
    else if (typeof value === "object" && isPlainObject(value)) {
      const tree = treeOf(value);
      if (tree) addFlat(tree, `${key}.`, flat);
    }
  }
  return flat;
}

/** Makes objects without inherited members, since a metric may be called constructor; unlike those of `Object.create(null)`, they are quick to fill. */
function Bare(): void {}
Bare.prototype = Object.create(null);
const Flat = Bare as unknown as new () => Record<string, number>;

function addFlat(metrics: Metrics, prefix: string, flat: Record<string, number>): void {
  for (const key of Object.keys(metrics)) {
    const value = metrics[key]!;
    if (typeof value === "object" && value !== null) addFlat(value, `${prefix}${key}.`, flat);
    else if (value !== null && Number.isFinite(Number(value))) flat[prefix + key] = Number(value);
  }
}

/** What a condition returned, sorted. A field that is neither wholly metrics nor without any stands in both. */
export interface Sorted {
  readonly metrics: Record<string, MetricValue>;
  readonly output: Record<string, unknown>;
}

/**
 * Sorts what a condition returned into metrics (numbers, booleans, nested plain objects of them) and output (all the rest). A member that
 * should be a number and is none (NaN, null, undefined) costs itself alone: the others stay metrics, and the whole object is output too.
 *
 * @param wanted dotted fields that are read also from within objects that hold other things
 * @example split({ scores: { precision: 1, recall: NaN } }).metrics // => { scores: { precision: 1 } }
 * @example split({ reply: { text: "B", score: 1 } }, ["reply.score"]).metrics // => { reply: { score: 1 } }
 */
export function split(returned: Readonly<Record<string, unknown>>, wanted: readonly string[] = []): Sorted {
  const metrics: Record<string, MetricValue> = {};
  const output: Record<string, unknown> = {};
  for (const key of Object.keys(returned)) {
    const value = returned[key];
    if (isNumber(value)) putMember(metrics, key, value);
    else {
      const tree = isPlainObject(value) ? treeOf(value) : undefined;
      if (tree) putMember(metrics, key, tree);
      if (tree !== value) putMember(output, key, value);
    }
  }
  for (const path of wanted) if (path.includes(".")) addWanted(output, path, metrics);
  return { metrics, output };
}

const isNumber = (value: unknown): value is number | boolean =>
  typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));

/** What stands where a number should. */
const isMissing = (value: unknown): boolean => typeof value === "number" || value === null || value === undefined;

type Tree = { readonly [key: string]: MetricValue };

/** The object as metrics: itself, or without its missing members; nothing where it holds anything else, or no number at all. */
function treeOf(object: Record<string, unknown>): Tree | undefined {
  const count = { members: 0, missing: 0 };
  if (!isTree(object, count, 0) || count.members === count.missing) return undefined;
  return count.missing === 0 ? (object as Tree) : withoutMissing(object);
}

function isTree(object: Record<string, unknown>, count: { members: number; missing: number }, depth: number): boolean {
  const keys = Object.keys(object);
  if (keys.length === 0 || depth > DEEPEST) return false;
  return keys.every((key) => {
    const value = object[key];
    count.members += 1;
    if (count.members > MOST_MEMBERS) return false;
    if (isNumber(value)) return true;
    if (isMissing(value)) {
      count.missing += 1;
      return true;
    }
    return isPlainObject(value) && isTree(value, count, depth + 1);
  });
}

function withoutMissing(object: Record<string, unknown>): Tree | undefined {
  const kept: Record<string, MetricValue> = {};
  for (const key of Object.keys(object)) {
    const value = object[key];
    const member = isNumber(value) ? value : isMissing(value) ? undefined : withoutMissing(value as typeof object);
    if (member !== undefined) putMember(kept, key, member);
  }
  return Object.keys(kept).length > 0 ? kept : undefined;
}

/** Adds one number from within an object that is not a metric as a whole. */
function addWanted(
  output: Readonly<Record<string, unknown>>,
  path: string,
  metrics: Record<string, MetricValue>,
): void {
  const keys = keysOf(output, path);
  const last = keys?.pop();
  if (!keys || last === undefined || keys.length === 0) return;
  let from: unknown = output;
  for (const key of keys) from = (from as Record<string, unknown>)[key];
  const value = (from as Record<string, unknown>)[last];
  if (!isNumber(value)) return;
  let into = metrics as Record<string, Record<string, MetricValue> | MetricValue>;
  for (const key of keys) {
    const inner = ownMember(into, key);
    if (typeof inner !== "object") putMember(into, key, {});
    into = into[key] as typeof into;
  }
  putMember(into, last, value);
}

/** The keys that lead to a dotted field, where a key may have a dot itself. */
function keysOf(holder: unknown, path: string): string[] | undefined {
  if (typeof holder !== "object" || holder === null || Array.isArray(holder)) return undefined;
  if (Object.hasOwn(holder, path)) return [path];
  const dot = path.indexOf(".");
  const key = path.slice(0, dot);
  if (dot < 0 || !Object.hasOwn(holder, key)) return undefined;
  const rest = keysOf((holder as Record<string, unknown>)[key], path.slice(dot + 1));
  return rest && [key, ...rest];
}
