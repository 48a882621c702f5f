import type { RunStore } from "./store.ts";

/**
 * A store that does some things in its own way, and leaves everything else to the one inside: what a store need not be able to do, it can where that can.
 *
 * @example wrapStore(store, { append: async (rows) => (await audit(rows), store.append(rows)) })
 */
export function wrapStore(inner: RunStore, own: Partial<RunStore>): RunStore {
  const wrapped: Record<string, unknown> = { ...own };
  for (let at: object | null = inner; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) {
      if (name in wrapped || name === "constructor") continue;
      const member: unknown = inner[name as keyof RunStore];
      wrapped[name] = typeof member === "function" ? member.bind(inner) : member;
    }
  }
  return wrapped as unknown as RunStore;
}
