/** The last starts in a ring as large as the limit. */
export interface StartWindow {
  readonly startsMs: Float64Array;
  readonly started: number;
}

/** @param perSecond starts per second; where that is not a whole number, the window is longer than a second and holds one start more */
export const emptyRate = (perSecond: number): StartWindow => ({
  startsMs: new Float64Array(Math.ceil(perSecond)).fill(Number.NEGATIVE_INFINITY),
  started: 0,
});

/** The window under another limit: starts that are not a second old still count. */
export function withRate(window: StartWindow | undefined, perSecond: number): StartWindow {
  const changed = emptyRate(perSecond);
  if (!window) return changed;
  const size = window.startsMs.length;
  const kept = Math.min(size, window.started, changed.startsMs.length);
  for (let i = 0; i < kept; i++) changed.startsMs[i] = window.startsMs[(window.started - kept + i) % size]!;
  return { ...changed, started: kept };
}

/**
 * Milliseconds to wait before the next start, so that no window of one second ever holds more than `perSecond` starts, rounded up.
 * A sliding window: no burst after a pause, unlike a token bucket of several seconds.
 */
export function waitMs(window: StartWindow, nowMs: number, perSecond: number): number {
  const size = window.startsMs.length;
  const oldest = window.startsMs[window.started % size]!;
  return Math.max(0, oldest + (1000 * size) / perSecond - nowMs);
}

/** Records a start. The ring is reused: the old window is spent. */
export function start(window: StartWindow, nowMs: number): StartWindow {
  window.startsMs[window.started % window.startsMs.length] = nowMs;
  return { startsMs: window.startsMs, started: window.started + 1 };
}
