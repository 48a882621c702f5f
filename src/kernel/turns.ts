/** Macrotasks, counted while this file is asked: what is done in one of them keeps timers, requests and rendering waiting. */

let turn = 0;
let isArmed = false;
let waiting: (() => void)[] = [];

/** A number that is the same until the event loop has had its turn. */
export function currentTurn(): number {
  arm();
  return turn;
}

/** Calls `fn` when the event loop has had its turn. Nothing that `fn` throws is caught here. */
export function nextTurn(fn: () => void): void {
  waiting.push(fn);
  arm();
}

function arm(): void {
  if (isArmed) return;
  isArmed = true;
  post(() => {
    isArmed = false;
    turn++;
    const due = waiting;
    waiting = [];
    for (const fn of due) fn();
  });
}

/** To the next macrotask: in browsers by a message, since they delay timers by 4 ms, and in hidden pages by a second. */
function post(fn: () => void): void {
  if (typeof setImmediate === "function") {
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
