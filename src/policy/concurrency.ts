/**
 * How many tasks may run at once while a server says it is too many (HTTP 429). A refusal takes back the slot it was refused in, a success
 * gives back a twentieth of one. So what is taken follows the share that was refused, as in DCTCP, and needs no rounds: a server that
 * carries 5 of 500 leaves 5 after 495 refusals, and refusals by chance, up to one in twenty, cost nothing.
 *
 * @see Mathis 2009, "Relentless congestion control": a window less by exactly what was lost
 * @see Kelly 2003, "Scalable TCP: improving performance in highspeed wide area networks": growth by a share a round
 * @see Alizadeh et al. 2010, "Data center TCP (DCTCP)": decrease by the share that was marked
 */
export interface Concurrency {
  /** Tasks allowed at once, a whole number from 1 to `most`. */
  readonly allowed: number;
  readonly most: number;
  /** The same, exactly. Below 1 the one task that is allowed also waits before it starts. */
  readonly slots: number;
  /** Successes that no refusal has outweighed. */
  readonly calm: number;
  /** No start before this. */
  readonly startAfterMs: number;
}

/** What a success gives back of a slot, and the share of refusals that is chance: five in a hundred. */
const GROWTH = 1 / 20;
/** Wait before a start while there is half a slot. */
const HALF_SLOT_MS = 100;
/** What is left while everything is refused: a start every half second finds out when that ends, and costs few tasks an attempt. */
const LEAST = 1 / 6;

export const fullConcurrency = (most: number): Concurrency => ({
  allowed: most,
  most,
  slots: most,
  calm: 0,
  startAfterMs: 0,
});

/** An attempt that ended. */
export interface AttemptEnd {
  /** Whether the server refused because of too many requests. */
  readonly throttled: boolean;
  /** Attempts under way when it ended, itself included. */
  readonly inFlight: number;
  readonly nowMs: number;
}

/**
 * Adapts to one ended attempt. Growth doubles with every round (as many ends as are allowed) of calm, so that a server that recovers is
 * used in full after some twenty rounds; a refusal outweighs twenty successes.
 *
 * @example adapt(fullConcurrency(8), { throttled: true, inFlight: 8, nowMs: 0 }).allowed // => 7
 * @example adapt(fullConcurrency(8), { throttled: true, inFlight: 3, nowMs: 0 }).allowed // => 2
 * @example adapt(fullConcurrency(1), { throttled: true, inFlight: 1, nowMs: 0 }).startAfterMs // => 100
 */
export function adapt(state: Concurrency, { throttled, inFlight, nowMs }: AttemptEnd): Concurrency {
  if (throttled) {
    const used = Math.min(state.slots, inFlight); // unused slots were not refused
    const slots = used >= 2 ? used - 1 : Math.max(LEAST, used / 2);
    return withSlots({ ...state, calm: Math.max(0, state.calm - 1 / GROWTH) }, slots, nowMs);
  }
  if (state.slots >= state.most) return state;
  const calm = state.calm + 1;
  const growth = Math.min(1, GROWTH * 2 ** (calm / state.allowed));
  return withSlots({ ...state, calm }, Math.min(state.most, state.slots + growth), nowMs);
}

const withSlots = (state: Concurrency, slots: number, nowMs: number): Concurrency => ({
  ...state,
  slots,
  allowed: Math.max(1, Math.floor(slots)),
  startAfterMs: slots < 1 ? nowMs + HALF_SLOT_MS * (1 / slots - 1) : 0,
});

/** The same state under another limit. */
export function withMost(state: Concurrency, most: number): Concurrency {
  const slots = state.slots >= state.most ? most : Math.min(state.slots, most);
  return { ...state, most, slots, allowed: Math.max(1, Math.floor(slots)) };
}
