/** Tasks that wait for a retry before feeding stops: a bound on memory, not on speed. */
const BACKING_OFF_MOST = 10_000;
/** Tasks that wait for their commit before feeding stops. */
export const STORING_MOST = 512;

/** How far the tasks of a condition have come. */
export interface Feeding {
  /** Tasks of the condition whose items are at hand. */
  readonly planned: number;
  /** Whether more of them may come: rows are read while tasks are run. */
  readonly isOpen?: boolean;
  /** Place in the condition's plan of the task that is next. */
  readonly position: number;
  readonly maxParallel: number;
  /** Workers that live. */
  readonly live: number;
  /** Those of them without an attempt ahead: deciding, storing. */
  readonly withoutSlot: number;
  /** Tasks that wait for a retry. */
  readonly backingOff: number;
  /** Tasks whose rows are not stored yet, and that have no worker: it broke permanently, or they were scored at once. */
  readonly lost: number;
  /** Whether nothing new may start: the run stops, or the condition's money is spent. */
  readonly isStopping: boolean;
}

/**
 * Whether one more task may be started.
 *
 * @example mayFeed({ planned: 9, position: 2, maxParallel: 2, live: 3, withoutSlot: 2, backingOff: 0, lost: 0, isStopping: false }) // => true
 */
export const mayFeed = (of: Feeding): boolean =>
  !of.isStopping &&
  of.position < of.planned &&
  of.live - of.withoutSlot < of.maxParallel &&
  of.withoutSlot < STORING_MOST &&
  of.lost < STORING_MOST &&
  of.backingOff < BACKING_OFF_MOST;

/**
 * Whether more rows are to be read: what is left would not keep as many workers busy as there may be.
 *
 * @example wantsRows({ planned: 9, isOpen: true, position: 8, maxParallel: 2, live: 2, withoutSlot: 0, backingOff: 0, lost: 0, isStopping: false }) // => true
 */
export const wantsRows = (of: Feeding): boolean =>
  of.isOpen === true && !of.isStopping && of.planned - of.position < of.maxParallel;

/** Whether all has ended that will. What waits for a retry is left for the next session where the run stops. */
export const hasEnded = (of: Feeding): boolean =>
  (of.isStopping || (of.position >= of.planned && of.isOpen !== true)) &&
  of.live === 0 &&
  of.lost === 0 &&
  (of.backingOff === 0 || of.isStopping);
