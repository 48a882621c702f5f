import { wordsOf } from "./direction.ts";

/** Names, as words, of quantities that depend on how busy the machine was. */
export const loadNames: readonly string[] = (
  "latency, duration, elapsed, response time, run time, runtime, wall time, wall clock, execution time, inference time, processing time, queue time, " +
  "time to first token, ttft, tpot, throughput, tokens per second, requests per second, queries per second, per second, tps, rps, qps, " +
  "time ms, time s, time sec, time seconds"
).split(", ");

const phrases = loadNames.map((name) => wordsOf(name).join(" "));

/**
 * Whether a name is that of a quantity that depends on the load of the machine: durations and rates.
 *
 * @example isLoadDependent("latency_p99") // => true
 * @example isLoadDependent("tokensPerSecond") // => true
 * @example isLoadDependent("sentiment") // => false
 */
export function isLoadDependent(name: string): boolean {
  const words = wordsOf(name).join(" ");
  return words === "time" || phrases.some((phrase) => ` ${words} `.includes(` ${phrase} `));
}
