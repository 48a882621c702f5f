import type { Result } from "#src/kernel/result";
import { agreementMethods } from "./methods-agreement.ts";
import { distributionMethods } from "./methods-distributions.ts";
import { groupMethods } from "./methods-groups.ts";
import { meanMethods } from "./methods-means.ts";
import { metaMethods } from "./methods-meta.ts";
import { powerMethods } from "./methods-power.ts";
import { proportionMethods } from "./methods-proportions.ts";
import { rankMethods } from "./methods-ranks.ts";
import { resamplingMethods } from "./methods-resampling.ts";
import { sequentialMethods } from "./methods-sequential.ts";
import { tableMethods } from "./methods-tables.ts";

/** What a method answers: a tree of numbers, results and functions that give them when a field is asked for. */
export type Method = (input: never, params: never) => unknown;

/** The public function behind every method name of the golden files. */
export const methods: Readonly<Record<string, Method>> = {
  ...agreementMethods,
  ...distributionMethods,
  ...meanMethods,
  ...proportionMethods,
  ...rankMethods,
  ...groupMethods,
  ...resamplingMethods,
  ...powerMethods,
  ...metaMethods,
  ...sequentialMethods,
  ...tableMethods,
};

/** An answer whose reference is itself computed: `off` tells whether an expected value misses the method's own definition. */
export class Judged {
  readonly value: number;
  readonly off: (expected: number) => boolean;
  constructor(value: number, off: Judged["off"]) {
    this.value = value;
    this.off = off;
  }
}

const isResult = (value: unknown): value is Result<unknown> =>
  typeof value === "object" && value !== null && "ok" in value && typeof value.ok === "boolean";

export interface LazyTree {
  readonly value: unknown;
  readonly missing: boolean;
  /** Why there is no value */
  readonly reason: string | undefined;
  has(key: string): boolean;
  get(key: string): LazyTree;
  referenceIsOff(expected: unknown): boolean;
}

/** Reads an answer field by field, calling functions and opening results on the way. */
export function lazyTree(raw: unknown): LazyTree {
  let value = raw;
  let judged: Judged | undefined;
  let reason: string | undefined;
  for (;;) {
    if (typeof value === "function") value = value();
    else if (value instanceof Judged) {
      judged = value;
      value = value.value;
    } else if (isResult(value)) {
      if (!value.ok) reason = String(value.error);
      value = value.ok ? value.value : undefined;
    } else break;
  }
  const fields = (value ?? {}) as Record<string, unknown>;
  return {
    value,
    reason,
    missing: reason !== undefined,
    has: (key: string): boolean => reason !== undefined || (typeof fields === "object" && key in fields),
    get: (key: string) => lazyTree(reason === undefined ? fields[key] : { ok: false, error: reason }),
    referenceIsOff: (expected: unknown): boolean => judged?.off(Number(expected)) ?? false,
  };
}

/** An interval as the golden files write it. */
export const ends = ({ lower, upper }: { lower: number; upper: number }): [number, number] => [lower, upper];
