import { readFileSync } from "node:fs";
import type { FaultInjection } from "#src/app/fault-injection";
import { ConfigError } from "#src/kernel/errors";
import { type FaultSchedule, faults } from "#src/testing/index";

/**
 * Faults to order from a JSON file, for `--faults`.
 *
 * @throws ConfigError where there is no such file, it is not JSON, or one of its rules is wrong
 */
export function faultsFrom(file: string, seed?: number): FaultInjection {
  return faults(readFaults(file), seed);
}

/** The rules of a JSON file, not yet checked. */
export function readFaults(file: string): FaultSchedule {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError("--faults", `must be a file that can be read (${(error as Error).message})`, file);
  }
  try {
    return JSON.parse(text) as FaultSchedule;
  } catch (error) {
    throw new ConfigError(file, `must be JSON (${(error as Error).message})`);
  }
}
