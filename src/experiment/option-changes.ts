import { canonicalJson } from "#src/kernel/digest";

/** An option that is another one than it was. A value that is not there is `undefined`. */
export interface OptionChange {
  /** `statisticalAnalysis.significanceLevel`, `gates[0].atLeast`, `metrics.latency`. */
  readonly path: string;
  readonly decided?: unknown;
  readonly now?: unknown;
}

/**
 * The options that differ, each by its path, with both values.
 *
 * @example optionChanges({ gates: [{ atLeast: 0.9 }] }, { gates: [{ atLeast: 0.1 }] }) // => [{ path: "gates[0].atLeast", decided: 0.9, now: 0.1 }]
 */
export function optionChanges(before: object, after: object): OptionChange[] {
  const changes: OptionChange[] = [];
  const visit = (decided: unknown, now: unknown, path: string): void => {
    if (canonicalJson(decided) === canonicalJson(now)) return;
    const [one, other] = [decided, now].map((value) => (typeof value === "object" ? value : null));
    if (!one || !other || Array.isArray(one) !== Array.isArray(other)) {
      changes.push({ path, ...(decided === undefined ? {} : { decided }), ...(now === undefined ? {} : { now }) });
      return;
    }
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
      const step = Array.isArray(one) ? `[${key}]` : path === "" ? key : `.${key}`;
      visit((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key], path + step);
    }
  };
  visit(before, after, "");
  return changes;
}
