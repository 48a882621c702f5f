import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";

/** A folder for the tests of a file, gone after the last of them. To be called outside of tests. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "crucible-"));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The id of the one run that is stored in a folder. */
export function idIn(folder: string): string {
  const name = readdirSync(folder).find((each) => each.endsWith(".db"));
  if (name === undefined) throw new Error(`no run in ${folder}`);
  return name.slice(0, -".db".length);
}

/** What nobody ever answers. */
export const never = (): Promise<never> => new Promise(() => {});

/** Milliseconds below which nobody asks how time grows. */
const SMALL_MS = 50;
/** Twice the text takes about twice the time; four times is quadratic. */
const WORST_RATIO = 3;
const ROUNDS = 5;

/**
 * How time grows where it grows faster than the text, else undefined. Other work only ever adds to a time, so the shortest of several
 * counts, and there are more rounds as long as the answer would be bad.
 *
 * @param read what takes the time
 * @param text of about that length
 */
export async function growthOf(
  read: (text: string) => unknown,
  text: (length: number) => string,
  length: number,
): Promise<string | undefined> {
  const whole = text(length);
  let half: string | undefined;
  let [halfMs, wholeMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round++) {
    wholeMs = Math.min(wholeMs, await timeOf(read, whole));
    if (wholeMs < SMALL_MS) return undefined;
    half ??= text(Math.floor(length / 2));
    halfMs = Math.min(halfMs, await timeOf(read, half));
    if (wholeMs < WORST_RATIO * halfMs) return undefined;
  }
  return `${Math.round(wholeMs)} ms for ${whole.length} characters, ${Math.round(halfMs)} ms for half of them: ${whole.slice(0, 20)}`;
}

/** Whether it takes so little time that its growth does not matter. */
export function isQuick(read: (text: string) => void, text: string): boolean {
  const begun = performance.now(); // asked many thousand times: a busy machine only makes the answer no
  read(text);
  return performance.now() - begun < SMALL_MS;
}

async function timeOf(read: (text: string) => unknown, text: string): Promise<number> {
  const begun = processorMs();
  await read(text);
  return processorMs() - begun;
}

/** Milliseconds that this thread had a processor: neither another program nor another test file of this process takes any. */
function processorMs(): number {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage(); // not on Linux: that of all threads
    return (user + system) / 1000;
  }
}

/** Expects that time grows with the length of a text and no faster, on any machine. */
export async function expectLinear(
  read: (text: string) => unknown,
  text: (length: number) => string,
  length: number,
): Promise<void> {
  expect(await growthOf(read, text, length)).toBeUndefined();
}

/** A text of about that length: a piece over and over. */
export const repeated =
  (piece: string) =>
  (length: number): string =>
    piece.repeat(Math.ceil(length / piece.length));
