import { finalise, fnv1a } from "#src/kernel/digest";
import { delayMs, readBackoff } from "#src/policy/backoff";
import type { DelayOfChild } from "./child-spec.ts";
import { isObject } from "./spec-rules.ts";

let drawn: string | undefined;
/** What makes the jitter of this process its own; drawn when it is first needed, so that importing this file does nothing. */
function processSeed(): string {
  drawn ??= crypto.getRandomValues(new Uint32Array(2)).join();
  return drawn;
}

/**
 * How long a child waits before a restart, as its spec says.
 *
 * @returns undefined for not at all; its last argument is the child where a template is that of many, so that each has a jitter of its own
 */
export function delayOf(id: string, restartDelay: unknown): DelayOfChild | undefined | "invalid" {
  if (restartDelay === undefined || typeof restartDelay === "function") return restartDelay as DelayOfChild | undefined;
  if (!isObject(restartDelay)) return "invalid";
  const { seed = processSeed(), ...given } = restartDelay as { seed?: number | string };
  const options = readBackoff(given);
  if (!options || !(typeof seed === "string" || Number.isFinite(seed))) return "invalid";
  return (_, { restarts }, child = id) =>
    delayMs(restarts, options, () => finalise(fnv1a(`${seed} ${child} ${restarts}`)) / 2 ** 32);
}
