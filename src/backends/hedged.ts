import { z } from "zod";
import { type Clock, systemClock } from "#src/kernel/clock";
import { parseOptions } from "#src/kernel/parse";
import { addUsage, type Backend, identityOf, type Reply } from "./backend.ts";
import { wait } from "./wait.ts";

export const hedgeOptions = z.strictObject({
  afterMs: z
    .number()
    .positive()
    .describe("milliseconds after which a second request is sent; the 95th percentile of latency is usual"),
});

/**
 * Sends a second request when the first is slow, takes the answer that comes first, and cancels the other. Both are paid: a cancelled
 * request does not report its price, so it is counted like the one that won. A failure before `afterMs` is not slowness and is thrown at once;
 * after it, the other request decides.
 *
 * @param backup who gets the second request; the same backend when absent
 * @see Dean and Barroso 2013, The Tail at Scale
 * @example hedged(aiSdk(model), { afterMs: 4000 })
 */
export function hedged(
  backend: Backend,
  {
    clock = systemClock,
    backup = backend,
    ...options
  }: z.input<typeof hedgeOptions> & { readonly clock?: Clock; readonly backup?: Backend },
): Backend {
  const { afterMs } = parseOptions(hedgeOptions, options, "hedged");
  return {
    ...identityOf(backend),
    name: `hedged ${backend.name}`,
    generate: async (messages, config = {}, { signal } = {}) => {
      const others = new AbortController();
      const both = signal ? AbortSignal.any([signal, others.signal]) : others.signal;
      const ask = (who: Backend): Promise<Reply> => who.generate(messages, config, { signal: both });
      try {
        const first = ask(backend);
        const early = await Promise.race([first, wait(afterMs, clock, both)]);
        if (early) return early;
        return twice(await firstFulfilled([first, ask(backup)]));
      } finally {
        others.abort(new DOMException("the other request answered first", "AbortError"));
      }
    },
  };
}

const twice = (reply: Reply): Reply => ({
  ...reply,
  ...(reply.usage ? { usage: addUsage(reply.usage, reply.usage) } : {}),
  ...(reply.cost === undefined ? {} : { cost: 2 * reply.cost }),
  calls: 2 * (reply.calls ?? 1),
});

/** The first that fulfils; where none does, the failure of the first in the list. */
async function firstFulfilled<T>(attempts: readonly Promise<T>[]): Promise<T> {
  try {
    return await Promise.any(attempts);
  } catch (failures) {
    throw (failures as AggregateError).errors[0];
  }
}
