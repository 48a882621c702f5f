import { redraw } from "./print.ts";
import { canRedraw } from "./progress.ts";

/** Milliseconds after which a notice is due. */
const PATIENCE_MS = 1000;

/**
 * Waits for something that may take a while, and says in a terminal that can redraw a line what it is and for how long; nothing is written elsewhere.
 *
 * @param what "analysing the rows of exp_7"
 */
export async function whileWorking<T>(what: string, work: Promise<T>): Promise<T> {
  if (!canRedraw(process.stderr.isTTY, process.env.TERM)) return work;
  const begun = performance.now();
  const line = (text: string): void => {
    redraw(`\r\u001b[2K${text}`);
  };
  let shown = false;
  const timer = setInterval(() => {
    shown = true;
    line(`${what}, ${Math.round((performance.now() - begun) / 1000)} s`);
  }, PATIENCE_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (shown) line("");
  }
}
