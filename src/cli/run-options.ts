import type { ExecutorName } from "#src/app/executors";
import type { FaultInjection } from "#src/app/fault-injection";
import type { ResumeOptions } from "#src/app/resume";
import { type Flags, settingsFrom } from "./arguments.ts";
import { ask, askSecret } from "./ask.ts";
import { warn } from "./print.ts";

/** What `--accept-changed` accepts. */
export function acceptedChanges({ acceptChanged: accepted }: Flags): Pick<ResumeOptions, "acceptChanged"> {
  if (accepted === true) return { acceptChanged: true };
  return typeof accepted === "string" ? { acceptChanged: accepted.split(",").map((name) => name.trim()) } : {};
}

/** Options that runs, resumed runs and suites have in common. */
export async function commonOptions(flags: Flags) {
  const settings = settingsFrom(flags);
  return {
    ...(typeof flags.executor === "string"
      ? {
          executorNamed: {
            name: flags.executor as ExecutorName,
            ...(typeof flags.redis === "string" ? { redis: flags.redis } : {}),
          },
        }
      : {}),
    commandLine: { ...settings, confirm: flags.yes !== true || flags.watched === true },
    ...(typeof flags.inspect === "string" ? { inspect: flags.inspect as "local" } : {}),
    ...(process.stdin.isTTY ? { ask, askSecret } : {}),
    ...(flags.watched === true && flags.yes === true ? { ask: sayAndGoAhead } : {}),
    ...(typeof flags.faults === "string" ? { faults: await armed(flags.faults, settings.seed) } : {}),
  };
}

/** With --watch the question is not asked again at each change, and what it may cost is said. */
function sayAndGoAhead(question: string): Promise<boolean> {
  warn(`${question} Yes, by --yes; what is kept is not paid again, so it is at most that`);
  return Promise.resolve(true);
}

/** Faults of a file; said aloud, since such a run says nothing about its conditions. */
async function armed(file: string, seed: number | undefined): Promise<FaultInjection> {
  const { faultsFrom } = await import("./faults.ts");
  const injection = faultsFrom(file, seed);
  warn(`injecting faults, ${injection.description}`);
  return injection;
}
