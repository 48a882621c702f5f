import { withoutHidden } from "./redact.ts";

/** What we throw at the person who wrote the experiment: the place, the law, the value that came, and the way out. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** Where: an option's path such as `conditions[1].name`, or a file and line such as `data.jsonl:17`. */
  readonly path: string;
  /** What must hold there, as the end of a sentence: `must be a positive integer`. */
  readonly law: string;
  /** What came instead. */
  readonly value: unknown;
  /** The nearest right name, or what to do. */
  readonly suggestion: string | undefined;
  /** What else is wrong at the same time; `message` has a line for each. */
  readonly others: readonly ConfigError[];

  /**
   * @param law the end of a sentence that begins with the path
   * @param suggestion one more sentence: the nearest right name, or what to do
   * @param others what else is wrong at the same time
   * @example new ConfigError("repeat", "must be at least 1", 0).message // => "repeat must be at least 1, got 0"
   */
  constructor(path: string, law: string, value?: unknown, suggestion?: string, others: readonly ConfigError[] = []) {
    const got = value === undefined ? "" : `, got ${show(value)}`;
    const own = `${path ? `${path} ` : ""}${law}${got}${suggestion ? `. ${suggestion}` : ""}`;
    super([own, ...others.map(({ message }) => message)].join("\n"));
    this.others = others;
    this.path = path;
    this.law = law;
    this.value = value;
    this.suggestion = suggestion;
  }
}

/**
 * The same fault, found somewhere: in a line of a file.
 *
 * @example faultIn("data.jsonl:3", new ConfigError("sample", "must be text", 5)).message // => "data.jsonl:3: sample must be text, got 5"
 */
export function faultIn(place: string, { path, law, value, suggestion, others }: ConfigError): ConfigError {
  const inner = others.map((other) => faultIn(place, other));
  return new ConfigError(path ? `${place}: ${path}` : place, law, value, suggestion, inner);
}

/** An error and those that were found with it, each alone. */
export function apart({ path, law, value, suggestion, others }: ConfigError): readonly ConfigError[] {
  return [new ConfigError(path, law, value, suggestion), ...others.flatMap(apart)];
}

/** Several as one, to be told at once. Must not be empty. */
export function together(found: readonly ConfigError[]): ConfigError {
  const [first, ...others] = found.flatMap(apart);
  const { path, law, value, suggestion } = first!;
  return new ConfigError(path, law, value, suggestion, others);
}

/** A store cannot be read or written: a full disk, a damaged file, a folder without permission. What it holds is left as it is. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly location: string;
  /** What the system said. */
  readonly reason: string;
  /** The run that it ended. */
  readonly experimentId: string | undefined;

  /** @example new StoreError("runs/1.db", "database or disk is full").message // => "the store at runs/1.db cannot be used (database or disk is full)" */
  constructor(location: string, reason: string, ended?: { readonly experimentId: string; readonly sentence: string }) {
    const sentence = ended && `${ended.sentence}. Mend that, then: crucible resume ${ended.experimentId}`;
    super(sentence ?? `the store at ${location} cannot be used (${reason})`);
    this.location = location;
    this.reason = reason;
    this.experimentId = ended?.experimentId;
  }

  /** The same as the end of a run, with how to resume it. */
  endOf(experimentId: string, sentence = `${this.message}; what was stored before is safe`): StoreError {
    return this.experimentId ? this : new StoreError(this.location, this.reason, { experimentId, sentence });
  }
}

/** A broken promise inside this package: always our bug, shown with its stack. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Throws an `InvariantError` unless `holds`. */
export function invariant(holds: unknown, law: string): asserts holds {
  if (!holds) throw new InvariantError(law);
}

/** A value in at most 80 characters, for a sentence.
 * @example show({ a: 1 }) // => "{\"a\":1}" */
export function show(value: unknown): string {
  let text: string | undefined;
  try {
    if (typeof value === "function") return `a function${value.name ? ` (${value.name})` : ""}`;
    text = typeof value === "number" || typeof value === "bigint" ? String(value) : JSON.stringify(value);
    if (text === "{}") {
      const name = className(value as object);
      if (value instanceof Error) text = String(value);
      else if (name !== "Object") text = `an object of the class ${name}`;
    }
  } catch {
    text = undefined; // circular
  }
  text = withoutHidden(text ?? textOf(value)); // before it is cut
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** @example className(new Map()) // => "Map" */
export const className = (value: object): string => String((value.constructor ?? Object).name || "without a name");

/** What refuses to be text is said to. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "an object that cannot be shown";
  }
}

/**
 * The candidate nearest to `name` by edit distance, if it is near enough to be meant.
 *
 * @example nearest("acuracy", ["accuracy", "latency"]) // => "accuracy"
 * @example nearest("xyz", ["accuracy"]) // => undefined
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `Did you mean "accuracy"?` when something is near. */
export const meant = (name: string, candidates: Iterable<string>): string | undefined => {
  const near = nearest(name, candidates);
  return near && `Did you mean ${JSON.stringify(near)}?`;
};

/** `Did you mean "accuracy"?` when something is near, else the list of known names. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const all = [...candidates];
  const near = meant(name, all);
  if (near !== undefined) return near;
  if (all.length === 0) return "There are none to choose from";
  const listed = all.slice(0, 12).join(", ");
  return `There is: ${listed}${all.length > 12 ? `, and ${all.length - 12} more` : ""}`;
}

/** Levenshtein distance in two rows. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(row[j - 1]! + 1, previous[j]! + 1, substitution));
    }
    previous = row;
  }
  return previous[b.length]!;
}

/** Runs checks that each throw a `ConfigError`, and throws what all of them found as one. */
export function checkAll(checks: readonly (() => void)[]): void {
  const found: ConfigError[] = [];
  for (const check of checks) {
    try {
      check();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      found.push(error);
    }
  }
  if (found.length > 0) throw together(found);
}
