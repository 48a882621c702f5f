/** Macrotasks, counted while this file is asked: what is done in one of them keeps timers, requests and rendering waiting. */

const { setImmediate } = globalThis; // a test may put others in their place
let turn = 0;
let isArmed = false;

/** A number that is the same until the event loop has had its turn. */
export function currentTurn(): number {
  if (!isArmed)
    nextTurn(() => {
      isArmed = false;
      turn++;
    });
  isArmed = true;
  return turn;
}

/** Calls `fn` in the next macrotask: in browsers by a message, since they delay timers by 4 ms, and in hidden pages by a second. */
export function nextTurn(fn: () => void): void {
  if (setImmediate) {
    setImmediate(fn);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    fn();
  };
  port2.postMessage(undefined);
}
