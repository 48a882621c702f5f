import type { Clock } from "#src/kernel/clock";
import { nextTurn } from "#src/kernel/turns";

/** Restarts that one supervisor makes before it lets the event loop have its turn, however many children they are of. */
const MOST_RESTARTS = 10;

/** The restarts that a supervisor has made since the event loop last had its turn. */
export interface Spell {
  readonly turn: number;
  readonly restarts: number;
}

/**
 * Counts one more restart, and says whether it must wait for the event loop. A child that fails as soon as it starts would keep everything
 * else waiting for as long as the intensity allows: Erlang interrupts a process, JavaScript does not. So the second restart of the same
 * child in one turn waits, and so does the 11th of any.
 *
 * @param turn the present one, `currentTurn()`
 * @param lastTurn the turn in which this child was restarted last; undefined if never
 */
export function countInTurn(
  turn: number,
  spell: Spell | undefined,
  lastTurn: number | undefined,
): { spell: Spell; mustYield: boolean } {
  const restarts = spell?.turn === turn ? spell.restarts + 1 : 1;
  return { spell: { turn, restarts }, mustYield: lastTurn === turn || restarts > MOST_RESTARTS };
}

/**
 * Calls `fn` once, in the next turn of the event loop; on a clock that is turned by hand also when that is turned, whichever is first.
 *
 * @returns forgets it
 */
export function afterTurn(clock: Clock, fn: () => void): () => void {
  let isDone = false;
  const forget = (): void => {
    isDone = true;
    clock.clearTimeout(timer);
  };
  const once = (): void => {
    if (isDone) return;
    forget();
    fn();
  };
  const timer = clock.setTimeout(once, 0);
  nextTurn(once);
  return forget;
}
