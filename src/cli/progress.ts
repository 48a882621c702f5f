import type { RunHandle, RunStatusNow } from "#src/app/run-handle";
import { printMillis } from "#src/kernel/units";

/** `live` redraws one line a condition, `plain` prints a line every few seconds, `json` does so on stdout as records. */
export type ProgressMode = "live" | "plain" | "json";

const LIVE_EVERY_MS = 200;
const PLAIN_EVERY_MS = 5000;

/** Shows how a run is doing until told to stop. @returns a function that ends it, after a last look */
export function showProgress(handle: RunHandle, mode: ProgressMode): () => void {
  const begun = announce(handle, mode);
  const draw = mode === "live" ? liveBlock() : (status: RunStatusNow) => printLine(status, mode);
  const look = (): void => {
    const status = handle.status();
    if (status.state !== "preparing") draw(status);
  };
  const timer = setInterval(look, mode === "live" ? LIVE_EVERY_MS : PLAIN_EVERY_MS);
  return () => {
    clearInterval(timer);
    if (begun()) look();
  };
}

/** Says what runs, once, and why it stops. @returns whether the run has begun */
function announce(handle: RunHandle, mode: ProgressMode): () => boolean {
  let begun = false;
  void (async () => {
    for await (const fact of handle.facts) {
      if (mode === "json" && fact.type.startsWith("run.")) console.log(JSON.stringify(fact));
      if (fact.type === "run.started" || fact.type === "run.resumed") {
        begun = true;
        const { limits, name } = handle.status();
        const rate = limits.rateLimit === undefined ? "" : `, at most ${limits.rateLimit} starts a second`;
        const verb = fact.type === "run.started" ? "running" : "resuming";
        console.error(
          `${verb} ${name} as ${fact.experimentId}: ${fact.pending} of ${fact.tasks} tasks, ${limits.maxParallel} at a time${rate}`,
        );
      }
      if (fact.type === "run.stopping") console.error(`\nstopping: ${fact.reason}`);
      if (fact.type === "hook.failed") console.error(`hook ${fact.hook} failed: ${fact.error}`);
      if (fact.type === "executor.notice") console.error(fact.message);
      if (fact.type === "circuit.opened") console.error("the circuit opened: too many tasks failed");
    }
  })();
  return () => begun;
}

/** All of the run in one line: `1,204/15,360 tasks, 3 failed, 812/s, 12 s left`. */
export function statusLine({ accounting, tasksPerSecond, remainingMs, cost, state }: RunStatusNow): string {
  const ended = accounting.planned - accounting.pending;
  return [
    `${count(ended)}/${count(accounting.planned)} tasks`,
    ...(accounting.failed > 0 ? [`${count(accounting.failed)} failed`] : []),
    ...(cost > 0 ? [`cost ${cost.toFixed(4)}`] : []),
    ...(tasksPerSecond > 0 ? [`${count(Math.round(tasksPerSecond))}/s`] : []),
    ...(remainingMs !== undefined && accounting.pending > 0 ? [`${printMillis(remainingMs)} left`] : []),
    ...(state === "paused" || state === "stopping" ? [state] : []),
  ].join(", ");
}

function printLine(status: RunStatusNow, mode: ProgressMode): void {
  if (mode === "json")
    console.log(JSON.stringify({ type: "progress", ...status, conditions: Object.fromEntries(status.conditions) }));
  else console.error(statusLine(status));
}

/** Redraws a block of lines in place. Never wider than the terminal, or the cursor would miss its way back. */
function liveBlock(): (status: RunStatusNow) => void {
  let drawn = 0;
  return (status) => {
    const width = process.stderr.columns || 80;
    const most = Math.max(1, (process.stderr.rows || 24) - 2);
    const names = [...status.conditions.keys()];
    const nameWidth = Math.min(28, Math.max(...names.map((name) => name.length), 4));
    const lines = [...status.conditions].map(([name, own]) => {
      const ended = own.succeeded + own.failed + own.skipped + own.unscored;
      const failed = own.failed > 0 ? `  ${count(own.failed)} failed` : "";
      const retries = own.retries > 0 ? `  ${count(own.retries)} retries` : "";
      return `${name.slice(0, nameWidth).padEnd(nameWidth)} ${bar(ended / own.planned)} ${count(ended)}/${count(own.planned)}${failed}${retries}`;
    });
    const shown = [...(lines.length < most ? lines : []), statusLine(status)].map((line) => line.slice(0, width - 1));
    const up = drawn > 0 ? `\u001b[${drawn}A` : "";
    process.stderr.write(`${up}${shown.map((line) => `\u001b[2K${line}\n`).join("")}`);
    drawn = shown.length;
  };
}

const bar = (share: number): string => {
  const filled = Math.round(Math.min(1, share) * 20);
  return `${"━".repeat(filled)}${"─".repeat(20 - filled)}`;
};

const count = (n: number): string => n.toLocaleString("en-US");
