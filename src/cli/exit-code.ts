import type { RunReport } from "#src/app/run-report";
import { ConfigError, StoreError } from "#src/kernel/errors";
import { FailureError, toFailure } from "#src/kernel/failure";
import { NotAnswered } from "./ask.ts";
import { warn } from "./print.ts";
import { topicOf } from "./topics.ts";

/** What the command's exit code says. */
export const exitCodes = {
  ended: 0,
  bug: 1,
  usage: 2,
  aborted: 3,
  budgetExhausted: 4,
  gateMissed: 100,
  interrupted: 130,
} as const;

/** The exit code of gates: a pipeline stops when one is missed that was asked before the first task. */
export const exitCodeOfGates = (gates: RunReport["gates"]): number =>
  gates.every(({ passed, afterwards }) => passed || afterwards) ? exitCodes.ended : exitCodes.gateMissed;

/** The exit code of a run. Failed tasks are not a failed run: they are in the report. Gates count when the run completed; a fault that is aimed at nothing is a mistake of who wrote it. */
export function exitCodeOf({
  status,
  gates,
  analysis,
  aimless = [],
}: Pick<RunReport, "status" | "gates" | "analysis" | "aimless">): number {
  switch (status) {
    case "completed":
    case "stopped_early":
      if (aimless.length + (analysis.faulted?.unmatched.length ?? 0) > 0) return exitCodes.usage;
      return exitCodeOfGates(gates);
    case "aborted":
      return exitCodes.aborted;
    case "budget_exhausted":
      return exitCodes.budgetExhausted;
    case "interrupted":
      return exitCodes.interrupted;
  }
}

/** Prints what was thrown: one sentence for a mistake of the user or of the world, and what to read about it; the stack for ours. @returns the exit code */
export function report(thrown: unknown): number {
  if (thrown instanceof ConfigError) {
    const lines = `${thrown.message}${helpOn(thrown)}`.split("\n");
    warn(...lines.map((line, i) => (i === 0 ? `crucible: ${line}` : `          ${line}`)));
    return exitCodes.usage;
  }
  if (thrown instanceof NotAnswered) {
    warn("", `crucible: ${thrown.message}`);
    return exitCodes.interrupted;
  }
  const code = (thrown as NodeJS.ErrnoException | null)?.code;
  const isWorldsFault =
    thrown instanceof StoreError ||
    thrown instanceof FailureError ||
    (typeof code === "string" && /^E[A-Z]+$/.test(code));
  if (thrown instanceof Error && isWorldsFault) {
    warn(`crucible: ${thrown.message}${helpOn(thrown)}`); // a full disk, a folder that may not be written, a hub that is down
    return exitCodes.bug;
  }
  warn(...stackOf(thrown).split("\n"));
  return exitCodes.bug;
}

/** What to type to read more, without a network. */
const helpOn = (thrown: unknown): string => {
  const topic = topicOf(thrown);
  return topic === undefined ? "" : ` (crucible help ${topic})`;
};

const stackOf = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.stack ?? thrown.message) : toFailure(thrown, 0).message;
