import type { RunStatusNow } from "#src/app/observe/status";
import type { RunHandle } from "#src/app/run-handle";
import { limitWords } from "#src/experiment/limits";
import type { Accounting } from "#src/experiment/outcome";
import { printMillis } from "#src/kernel/units";
import { count, money, perSecond } from "#src/reports/cell";
import { escapeTerminal } from "#src/reports/escape";
import { printJson, redraw, warn } from "./print.ts";
import { settingsLine } from "./settings-line.ts";

/** `live` redraws one line a condition, `plain` prints a line every few seconds, `json` does so on stdout as records. */
export type ProgressMode = "live" | "plain" | "json";

/** @param terminal `TERM`: one that is `dumb` moves no cursor */
export function progressMode(json: boolean, isTerminal: boolean, terminal: string | undefined): ProgressMode {
  if (json) return "json";
  return canRedraw(isTerminal, terminal) ? "live" : "plain";
}

/** Whether lines can be drawn over. */
export const canRedraw = (isTerminal: boolean, terminal: string | undefined): boolean =>
  isTerminal && terminal !== "dumb";

const { setInterval, clearInterval } = globalThis; // a task may put others in their place

export const LIVE_EVERY_MS = 200;
export const PLAIN_EVERY_MS = 5000;

/** Shows how a run is doing until told to stop, after a last look. @returns also whether it had tasks to do */
export function showProgress(handle: RunHandle, mode: ProgressMode): { stop(): void; hasWorked(): boolean } {
  const begun = announce(handle, mode);
  const draw = mode === "live" ? liveBlock() : (status: RunStatusNow) => printLine(status, mode);
  const look = (): void => {
    const status = handle.status();
    if (status.state !== "preparing") draw(status);
  };
  const timer = setInterval(look, mode === "live" ? LIVE_EVERY_MS : PLAIN_EVERY_MS);
  const stop = (): void => {
    clearInterval(timer);
    if (begun()) look();
  };
  return { stop, hasWorked: begun };
}

/** Says what runs, once, and why it stops. @returns whether the run has begun */
function announce(handle: RunHandle, mode: ProgressMode): () => boolean {
  let begun = false;
  const hooks = failedHooks(warn);
  void (async () => {
    for await (const fact of handle.facts) {
      if (mode === "json" && fact.type.startsWith("run.")) printJson(fact);
      if (fact.type === "run.started" || fact.type === "run.resumed") {
        begun = true;
        const { limits, name } = handle.status();
        const rate = limits.rateLimit === undefined ? "" : `, at most ${limits.rateLimit} starts a second`;
        const verb = fact.type === "run.started" ? "running" : "resuming";
        warn(`${verb} ${name} as ${fact.experimentId}: ${tasksWords(fact)}, ${limits.maxParallel} at a time${rate}`);
        if (fact.killed) warn("the process before this one ended without a word: it was killed, or out of memory");
        const settings = settingsLine(fact.settings);
        if (settings) warn(settings);
      }
      if (fact.type === "run.stopping") warn("", `stopping: ${fact.reason}`);
      if (fact.type === "hook.failed") hooks.failed(fact.hook, fact.error);
      if (fact.type === "limits.changed") warn(`now ${limitWords(fact.changes)}, by ${fact.by}`);
      if (fact.type === "run.paused") warn(`paused by ${fact.by}: crucible resume ${handle.id}`);
      if (fact.type === "source.failed") warn(`${fact.message}: the rows before it are done first`);
      if (fact.type === "executor.notice") warn(fact.message);
      if (fact.type === "circuit.opened") warn("the circuit opened: too many tasks failed");
    }
    hooks.conclude();
  })();
  return () => begun;
}

/** What a run has before it. */
const tasksWords = ({ pending, tasks, open }: { pending: number; tasks: number; open?: true }): string =>
  open ? `tasks of a stream, ${count(tasks - pending)} done so far` : `${pending} of ${tasks} tasks`;

/** How far it is: of how many, unless more may come. @example doneWords({ planned: 9, pending: 2, open: true }) // => "7 tasks so far" */
export const doneWords = ({ planned, pending, open }: Pick<Accounting, "planned" | "pending" | "open">): string =>
  open ? `${count(planned - pending)} tasks so far` : `${count(planned - pending)}/${count(planned)} tasks`;

/** Says once what goes wrong in a hook, and at the end how often: it may be called for each task. */
export function failedHooks(say: (line: string) => void): {
  failed(hook: string, error: string): void;
  conclude(): void;
} {
  const times = new Map<string, number>();
  let unsaid = 0;
  return {
    failed(hook, error) {
      const words = `hook ${hook} failed: ${error}`;
      const before = times.get(words) ?? 0;
      if (before === 0 && times.size === MOST_SAID) unsaid += 1;
      else {
        if (before === 0) say(words);
        times.set(words, before + 1);
      }
    },
    conclude() {
      for (const [words, n] of times) if (n > 1) say(`${words} (${count(n)} times)`);
      if (unsaid > 0) say(`${count(unsaid)} more errors of hooks`);
    },
  };
}

/** Different errors of hooks that are said. */
const MOST_SAID = 20;

/** All of the run in one line: `1,204/15,360 tasks, 3 failed, 7 retries, cost 0.012 USD of 5.00 USD, 812/s, 12 s left (limited by 10 at a time)`. */
export function statusLine(status: RunStatusNow): string {
  const {
    accounting,
    conditions,
    tasksPerSecond,
    remainingMs,
    budgetTasks,
    cost,
    reserved,
    currency = "",
    limits,
    state,
  } = status;
  const { pending, failed } = accounting;
  const retries = [...conditions.values()].reduce((sum, own) => sum + own.retries, 0);
  const limit = status.limitedBy && limitWord(status.limitedBy, limits);
  return [
    doneWords(accounting),
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(retries > 0 ? [`${count(retries)} ${retries === 1 ? "retry" : "retries"}`] : []),
    ...(cost > 0 || reserved > 0
      ? [
          `cost ${money(cost, currency)}${reserved > 0 ? ` and ${money(reserved, currency)} reserved` : ""}${limits.maxTotal === undefined ? "" : ` of ${money(limits.maxTotal, currency)}`}`,
        ]
      : []),
    ...(tasksPerSecond > 0 ? [perSecond(tasksPerSecond)] : []),
    ...(remainingMs !== undefined && pending > 0
      ? [`${printMillis(remainingMs)} left${limit && state === "running" ? ` (limited by ${limit})` : ""}`]
      : []),
    ...(status.limitedBy === "source" && state === "running" ? ["waiting for rows"] : []),
    ...(budgetTasks === undefined ? [] : [`the budget ends it at about ${count(budgetTasks)} tasks`]),
    ...(state === "paused" || state === "stopping" ? [state] : []),
    ...(state === "analysing" ? ["analysing what is stored"] : []),
  ].join(", ");
}

function limitWord(
  by: NonNullable<RunStatusNow["limitedBy"]>,
  { maxParallel, rateLimit }: RunStatusNow["limits"],
): string {
  switch (by) {
    case "rate":
      return `${rateLimit} starts a second`;
    case "parallelism":
      return `${maxParallel} at a time`;
    case "throttling":
      return "the server: too many requests";
    case "budget":
      return "money promised to running tasks";
    case "circuit":
      return "the open circuit";
    case "pause":
      return "the pause";
    case "source":
      return "the source of its rows";
  }
}

function printLine(status: RunStatusNow, mode: ProgressMode): void {
  if (mode === "json") printJson({ type: "progress", ...status, conditions: Object.fromEntries(status.conditions) });
  else warn(statusLine(status));
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
      const cost = own.cost > 0 ? `  cost ${money(own.cost, status.currency ?? "")}` : "";
      const isGoing = (status.accounting.open || ended < own.planned) && own.tasksPerSecond > 0;
      const pace = isGoing ? `  ${perSecond(own.tasksPerSecond)}` : "";
      const label = escapeTerminal(name).slice(0, nameWidth).padEnd(nameWidth);
      const done = status.accounting.open
        ? `${count(ended)} so far`
        : `${bar(ended / own.planned)} ${count(ended)}/${count(own.planned)}`;
      return `${label} ${done}${failed}${retries}${cost}${pace}`;
    });
    const shown = [...(lines.length < most ? lines : []), statusLine(status)].map((line) => line.slice(0, width - 1));
    const up = drawn > 0 ? `\u001b[${drawn}A` : "";
    redraw(`${up}${shown.map((line) => `\u001b[2K${line}\n`).join("")}`);
    drawn = shown.length;
  };
}

/** A share as a bar of 20 characters. */
export const bar = (share: number): string => {
  const filled = Math.round(Math.min(1, share) * 20);
  return `${"━".repeat(filled)}${"─".repeat(20 - filled)}`;
};
