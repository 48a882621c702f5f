import { digestText } from "#src/kernel/digest";

/** What something made by a factory was made of. */
export interface Description {
  readonly name: string;
  readonly options?: unknown;
}

type Callable = (...args: never[]) => unknown;

/** Writes on a function what it was made of, since its text does not show it: all chains have the same. */
export const described = <F extends Callable>(fn: F, name: string, options?: unknown): F =>
  Object.assign(fn, { description: options === undefined ? { name } : { name, options } });

/**
 * What a solver, scorer or tool is, as plain JSON: names and options, all the way down. Functions of one's own count by their text, so that a
 * changed condition is noticed; what they close over is out of sight.
 *
 * @example describePart(described(() => 1, "one", { by: 2 })) // => { name: "one", options: { by: 2 } }
 */
export const describePart = (part: unknown): unknown => describe(part, []);

function describe(part: unknown, around: readonly unknown[]): unknown {
  if (around.includes(part)) return "(itself)";
  const within = [...around, part];
  if (typeof part === "function") {
    const { description } = part as { description?: Description };
    return description ? describe(description, within) : { name: part.name, code: digestText(String(part)) };
  }
  if (typeof part !== "object" || part === null) return part;
  if (part instanceof RegExp) return String(part);
  if (Array.isArray(part)) return part.map((each) => describe(each, within));
  if (typeof (part as { generate?: unknown }).generate === "function")
    return { backend: (part as { name?: unknown }).name };
  const members = Object.entries(part).filter(([, value]) => value !== undefined);
  return Object.fromEntries(members.map(([key, value]) => [key, describe(value, within)]));
}
