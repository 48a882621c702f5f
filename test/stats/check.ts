import { type LazyTree, lazyTree, type Method } from "./methods.ts";

/** One golden case: an input, and what a method must answer to it. */
export interface GoldenCase {
  readonly id: string;
  readonly method: string;
  readonly input: Record<string, unknown>;
  readonly params: Record<string, unknown>;
  readonly expected: Record<string, unknown>;
  readonly tol?: Tolerance;
}

export interface Tolerance {
  readonly rel?: number;
  readonly abs?: number;
}

export interface GoldenFile {
  readonly file: string;
  readonly defaultTol: Tolerance;
  readonly cases: readonly GoldenCase[];
}

export interface Tally {
  passed: number;
  failures: string[];
  undeclared: string[];
  /** References that miss their own definition by more than the tolerance, while our answer keeps it. */
  corrected: string[];
}

/** Smallest difference that is one: below it live only numbers that the reference program has rounded to 0. */
const FLOOR = 1e-300;

/** Runs every case of a golden file through the public function of its method. */
export function check(golden: GoldenFile, methods: Readonly<Record<string, Method>>): Tally {
  const tally: Tally = { passed: 0, failures: [], undeclared: [], corrected: [] };
  for (const one of golden.cases) {
    const method = methods[one.method];
    if (!method) {
      tally.undeclared.push(`${one.id}: no function for method ${one.method}`);
      continue;
    }
    const tolerance = { ...golden.defaultTol, ...one.tol };
    try {
      const answer = method(expand(one.input) as never, one.params as never);
      compare(one.expected, lazyTree(answer), tolerance, one.id, tally);
    } catch (error) {
      tally.failures.push(`${one.id}: threw ${String(error)}`);
    }
  }
  return tally;
}

function compare(expected: unknown, actual: LazyTree, tolerance: Tolerance, path: string, tally: Tally): void {
  if (expected !== null && typeof expected === "object" && !isLeaf(expected)) {
    for (const [key, value] of Object.entries(expected)) {
      if (key === "reason" || key === "degenerate") continue; // words for the reader of the file
      const place = `${path}.${key}`;
      if (!actual.has(key)) tally.undeclared.push(`${place}: no function for this field`);
      else if (key === "undefined") note(actual.get(key).missing, `${place}: want a typed reason, got a value`, tally);
      else compare(value, actual.get(key), tolerance, place, tally);
    }
    return;
  }
  const problem = difference(expected, actual, tolerance);
  if (problem && actual.referenceIsOff(expected)) tally.corrected.push(`${path}: ${problem}`);
  else note(!problem, `${path}: ${problem}`, tally);
}

function note(holds: boolean, sentence: string, tally: Tally): void {
  if (holds) tally.passed++;
  else tally.failures.push(sentence);
}

const isLeaf = (value: object): boolean =>
  Array.isArray(value) && !value.some((v) => v !== null && typeof v === "object" && !Array.isArray(v));

function difference(expected: unknown, actual: LazyTree, tolerance: Tolerance): string | undefined {
  if (Array.isArray(expected) && expected.includes(null)) return differenceOfSome(expected, actual, tolerance);
  const undefinedHere =
    expected === null || expected === "NaN" || (Array.isArray(expected) && expected.includes("NaN"));
  if (actual.missing)
    return undefinedHere || expected === "-Infinity"
      ? undefined
      : `want ${show(expected)}, got undefined because ${actual.reason}`;
  if (expected === null && isReported(actual.value)) return undefined; // the file's null also says "not reported"
  if (undefinedHere) return `want a typed reason, got ${show(actual.value)}`;
  return near(expected, actual.value, tolerance) ? undefined : `want ${show(expected)}, got ${show(actual.value)}`;
}

/** A list in which some have no value: those must say "absent". */
function differenceOfSome(expected: readonly unknown[], actual: LazyTree, tolerance: Tolerance): string | undefined {
  const got = Array.isArray(actual.value) ? actual.value : [];
  const holds =
    got.length === expected.length &&
    expected.every((e, i) => (e === null ? got[i] === "absent" : near(e, got[i], tolerance)));
  return holds ? undefined : `want ${show(expected)}, got ${show(actual.value)}`;
}

/** Numbers that a report could print. */
const isReported = (value: unknown): boolean =>
  Array.isArray(value) ? value.every(isReported) : Number.isFinite(value);

function near(expected: unknown, actual: unknown, tolerance: Tolerance): boolean {
  if (Array.isArray(expected))
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((e, i) => near(e, actual[i], tolerance))
    );
  if (typeof expected === "boolean") return expected === actual;
  return typeof actual === "number" && isNear(numberOf(expected), actual, tolerance);
}

/** Whether two numbers are within the tolerance: absolute plus relative to the expected one. */
export const isNear = (expected: number, actual: number, { rel = 0, abs = 0 }: Tolerance): boolean =>
  expected === actual || Math.abs(expected - actual) <= abs + rel * Math.abs(expected) + FLOOR;

const numberOf = (value: unknown): number => (typeof value === "string" ? Number(value) : (value as number));

const show = (value: unknown): string =>
  String(JSON.stringify(value, (_, v) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : v))).slice(0, 200);

type Generator = {
  seed: number;
  a: number;
  c: number;
  m: number;
  n: number;
  transform: string;
  [option: string]: number | string;
};

/** Turns the texts of NaN and Infinity into numbers, and generators of long samples into the samples. */
function expand(input: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(input)) {
    if (key === "generator") result.x = generate(value as Generator);
    else if (key === "groupGenerators") result.groups = (value as Generator[]).map(generate);
    else if (key.endsWith("Generator")) result[key.slice(0, -"Generator".length)] = generate(value as Generator);
    else result[key] = numbers(value);
  }
  return result;
}

const numbers = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(numbers);
  return value === "NaN" || value === "Infinity" || value === "-Infinity" ? Number(value) : value;
};

/** A linear congruential generator, exact in doubles; see the note on LCG in the golden files. */
function generate(options: Generator): number[] {
  const { seed, a, c, m, n, transform } = options;
  let state = seed;
  return Array.from({ length: n }, () => {
    state = (a * state + c) % m;
    const u = state / m;
    switch (transform) {
      case "u":
        return u;
      case "affine":
        return Number(options.offset ?? 0) + Number(options.scale ?? 1) * u;
      case "floor":
        return Math.floor(u * Number(options.levels));
      case "square":
        return u * u * Number(options.scale ?? 1);
      case "bernoulli":
        return u < Number(options.p) ? 1 : 0;
      default:
        throw new Error(`unknown transform ${transform}`);
    }
  });
}
