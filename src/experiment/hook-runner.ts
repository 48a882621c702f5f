import type { Clock } from "#src/kernel/clock";
import { show } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";

/** Milliseconds a hook may take. */
export const HOOK_LIMIT_MS = 30_000;

/**
 * Calls a hook within its time limit. What it throws, and taking too long, comes back as a sentence.
 *
 * @param hook called with no arguments; may be sync or async
 */
export function callHook<T>(
  hook: () => T | Promise<T>,
  clock: Clock,
  limitMs = HOOK_LIMIT_MS,
): Promise<Result<T, string>> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => resolve(err(`took longer than ${limitMs} ms`)), limitMs);
    const end = (result: Result<T, string>): void => {
      clock.clearTimeout(timer);
      resolve(result);
    };
    const fail = (thrown: unknown): void => end(err(thrown instanceof Error ? thrown.message : show(thrown)));
    try {
      Promise.resolve(hook()).then((value) => end(ok(value)), fail);
    } catch (thrown) {
      fail(thrown);
    }
  });
}
