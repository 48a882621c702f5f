import type { SuiteHandle, SuiteStatusNow } from "#src/app/suite/suite-handle";
import { interventionWords, statusWords } from "#src/app/suite/suite-report";
import { printMillis } from "#src/kernel/units";
import { count, money, perSecond } from "#src/reports/cell";
import { escapeTerminal } from "#src/reports/escape";
import { printJson, redraw, warn } from "./print.ts";
import { bar, doneWords, failedHooks, LIVE_EVERY_MS, PLAIN_EVERY_MS, type ProgressMode } from "./progress.ts";

const { setInterval, clearInterval } = globalThis; // a task may put others in their place

/** Shows how a suite is doing until told to stop, after a last look. */
export function showSuiteProgress(handle: SuiteHandle, mode: ProgressMode): { stop(): void } {
  announce(handle, mode);
  const draw = mode === "live" ? liveBlock() : (status: SuiteStatusNow) => printLine(status, mode);
  const look = (): void => {
    const status = handle.status();
    if (status.accounting.planned > 0) draw(status);
  };
  const timer = setInterval(look, mode === "live" ? LIVE_EVERY_MS : PLAIN_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      look();
    },
  };
}

/** Says when experiments begin and end, and what goes wrong. */
function announce(handle: SuiteHandle, mode: ProgressMode): void {
  const hooks = failedHooks(warn);
  void (async () => {
    for await (const fact of handle.facts) {
      if (fact.type === "experiment.fact") {
        const { experiment, fact: own } = fact;
        if (own.type === "hook.failed") hooks.failed(`${own.hook} of ${experiment}`, own.error);
        if (own.type === "executor.notice") warn(`${experiment}: ${own.message}`);
        if (own.type === "circuit.opened") warn(`${experiment}: the circuit opened: too many tasks failed`);
        continue;
      }
      if (mode === "json") printJson(fact);
      if (fact.type === "experiment.started") warn(`running ${fact.experiment} as ${fact.experimentId}`);
      if (fact.type === "experiment.ended")
        warn(`${fact.experiment}: ${statusWords(fact.status)}${fact.reason === undefined ? "" : ` (${fact.reason})`}`);
      if (fact.type === "suite.changed") warn(interventionWords(fact));
      if (fact.type === "suite.stopping") warn("", `stopping: ${fact.reason}`);
    }
    hooks.conclude();
  })();
}

/** All of the suite in one line: `2/5 experiments, 120/600 tasks, 3 failed, cost 0.12 USD of 5.00 USD, 80/s`. */
export function suiteLine(status: SuiteStatusNow): string {
  const { experiments, accounting, tasksPerSecond, cost, reserved, currency, limits, state } = status;
  const { pending, failed } = accounting;
  const ended = experiments.filter((one) => one.status !== "waiting" && one.status !== "running").length;
  const left =
    accounting.open || experiments.some((one) => one.status === "waiting") || tasksPerSecond <= 0
      ? undefined
      : (pending / tasksPerSecond) * 1000;
  return [
    `${ended}/${experiments.length} experiments`,
    doneWords(accounting),
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(cost > 0 || reserved > 0
      ? [
          `cost ${money(cost, currency)}${reserved > 0 ? ` and ${money(reserved, currency)} reserved` : ""}${limits.maxTotal === undefined ? "" : ` of ${money(limits.maxTotal, currency)}`}`,
        ]
      : []),
    ...(tasksPerSecond > 0 ? [perSecond(tasksPerSecond)] : []),
    ...(left !== undefined && pending > 0 ? [`${printMillis(left)} left`] : []),
    ...(state === "paused" || state === "stopping" ? [state] : []),
    ...(state === "analysing" ? ["making the report of the suite"] : []),
  ].join(", ");
}

function printLine(status: SuiteStatusNow, mode: ProgressMode): void {
  if (mode !== "json") {
    warn(suiteLine(status));
    return;
  }
  const experiments = status.experiments.map(({ run, ...one }) => ({
    ...one,
    ...(run ? { run: { ...run, conditions: Object.fromEntries(run.conditions) } } : {}),
  }));
  printJson({ type: "progress", ...status, experiments });
}

/** Redraws a block of lines in place, one for each experiment that has begun. Never wider than the terminal, or the cursor would miss its way back. */
function liveBlock(): (status: SuiteStatusNow) => void {
  let drawn = 0;
  return (status) => {
    const width = process.stderr.columns || 80;
    const most = Math.max(1, (process.stderr.rows || 24) - 2);
    const begun = status.experiments.filter(({ status: own }) => own === "running");
    const nameWidth = Math.min(28, Math.max(...begun.map(({ name }) => name.length), 4));
    const lines = begun.map(({ name, run }) => {
      const { planned = 0, pending = 0, failed = 0, open } = run?.accounting ?? {};
      const label = escapeTerminal(name).slice(0, nameWidth).padEnd(nameWidth);
      const share = planned > 0 ? (planned - pending) / planned : 0;
      const done = open
        ? `${count(planned - pending)} so far`
        : `${bar(share)} ${count(planned - pending)}/${count(planned)}`;
      return `${label} ${done}${failed > 0 ? `  ${count(failed)} failed` : ""}`;
    });
    const shown = [...(lines.length < most ? lines : []), suiteLine(status)].map((line) => line.slice(0, width - 1));
    const blank = Math.max(0, drawn - shown.length);
    const up = drawn > 0 ? `\u001b[${drawn}A` : "";
    redraw(`${up}${[...shown, ...Array(blank).fill("")].map((line) => `\u001b[2K${line}\n`).join("")}`);
    drawn = shown.length + blank;
  };
}
