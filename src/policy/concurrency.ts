/**
 * How many tasks may run at once while a server says it is too many: additive increase, multiplicative decrease, as TCP does.
 *
 * @see Chiu & Jain 1989, "Analysis of the increase and decrease algorithms for congestion avoidance in computer networks"
 */
export interface Concurrency {
  /** Tasks allowed at once, at most `most`. */
  readonly allowed: number;
  readonly most: number;
  /** Unthrottled ends since the last change. */
  readonly calm: number;
  /** Ends before this are answers to what was sent before the last decrease: they say nothing new. */
  readonly deafUntilMs: number;
}

/** One decrease a second: a burst of refusals is one signal. */
const DEAF_MS = 1000;

export const fullConcurrency = (most: number): Concurrency => ({ allowed: most, most, calm: 0, deafUntilMs: 0 });

/**
 * Adapts to one ended attempt: halves on a refusal for too many requests (HTTP 429), grows by one after as many calm ends as are allowed.
 *
 * @param throttled whether the server refused because of too many requests
 * @example adapt(fullConcurrency(8), true, 0).allowed // => 4
 */
export function adapt(state: Concurrency, throttled: boolean, nowMs: number): Concurrency {
  if (throttled) {
    if (nowMs < state.deafUntilMs) return state;
    const allowed = Math.max(1, Math.floor(state.allowed / 2));
    return { ...state, allowed, calm: 0, deafUntilMs: nowMs + DEAF_MS };
  }
  if (state.allowed >= state.most) return state;
  const calm = state.calm + 1;
  return calm < state.allowed ? { ...state, calm } : { ...state, allowed: state.allowed + 1, calm: 0 };
}

/** The same state under another limit. */
export const withMost = (state: Concurrency, most: number): Concurrency => ({
  ...state,
  most,
  allowed: state.allowed >= state.most ? most : Math.min(state.allowed, most),
});
