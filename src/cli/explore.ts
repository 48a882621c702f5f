import { writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { loadExperiment } from "#src/app/load";
import { type RecordedMessage, recorder } from "#src/inspector/recording";
import { ConfigError } from "#src/kernel/errors";
import { printMillis } from "#src/kernel/units";
import {
  type Covered,
  defaultFaults,
  type Exploration,
  explore,
  type FaultSchedule,
  replay,
  type Simulation,
  simulateRun,
  untouched,
} from "#src/testing/index";
import type { Flags } from "./arguments.ts";
import { exitCodes } from "./exit-code.ts";
import { readFaults } from "./faults.ts";
import { loadAhead } from "./load-ahead.ts";
import { print, printJson, warn } from "./print.ts";
import { type ReplayFile, readReplayFile } from "./replay-file.ts";

type Setting = Pick<ReplayFile, "file" | "store" | "items"> & { readonly faults: FaultSchedule };

/** `crucible explore [file]`. @returns the exit code: 1 where a law is broken */
export async function exploreFile(file: string | undefined, flags: Flags): Promise<number> {
  if (typeof flags.replay === "string") return replayed(flags.replay, file, flags);
  if (file === undefined)
    throw new ConfigError("crucible explore", "takes an experiment file, or --replay with a file that it wrote");
  const setting: Setting = {
    file: resolve(file),
    store: flags.store === "sqlite" ? "sqlite" : "memory",
    items: Number(flags.items ?? 10),
    faults: faultsOf(String(flags.faults ?? "default")),
  };
  const to = resolve(String(flags.save ?? "crucible-replay.json"));
  const from = process.cwd();
  const body = await bodyOf(setting, flags);
  const begunMs = performance.now();
  const seeds = Number(flags.seeds ?? 1000);
  let saidMs = begunMs;
  const explored = await explore(body, {
    seeds,
    from: Number(flags.from ?? 0),
    faults: setting.faults,
    ...(flags.for === undefined ? {} : { forMs: Number(flags.for) * 1000 }),
    onProgress: (done) => {
      if (performance.now() - saidMs < SAY_EVERY_MS) return;
      saidMs = performance.now();
      warn(`${done} of ${seeds} seeds`);
    },
  });
  const tookMs = performance.now() - begunMs;
  const saved =
    explored.found && relative(from, save(explored.found, setting, to, await recorded(explored.found, body, setting)));
  if (flags.json === true) printJson({ type: "explored", ...explored, tookMs, ...(saved ? { saved } : {}) });
  else print(...linesOf(explored, tookMs, saved, flags.verbose === true));
  return explored.found ? exitCodes.bug : exitCodes.ended;
}

const SAY_EVERY_MS = 5000;

function faultsOf(named: string): FaultSchedule {
  if (named === "default") return defaultFaults;
  return named === "none" ? [] : readFaults(named);
}

async function bodyOf({ file, store, items }: Setting, flags: Flags) {
  await loadAhead(file);
  const experiment = await loadExperiment(file, (flags.T as Record<string, string> | undefined) ?? {});
  process.chdir(dirname(resolve(file))); // where relative paths of its data start
  return (world: Parameters<typeof simulateRun>[0]) => simulateRun(world, experiment, { store, maxItems: items });
}

/** What the actors of the small simulation were told, and where they stood. */
async function recorded(
  { decisions }: NonNullable<Exploration["found"]>,
  body: Awaited<ReturnType<typeof bodyOf>>,
  { faults }: Setting,
): Promise<RecordedMessage[]> {
  const tape = recorder();
  await replay(decisions, body, { faults, inspect: tape.inspect });
  return tape.messages();
}

function save(
  { seed, violation, decisions, simulation }: NonNullable<Exploration["found"]>,
  setting: Setting,
  to: string,
  recording: RecordedMessage[],
) {
  const { digest, trace: story } = simulation;
  const kept: ReplayFile = {
    format: "crucible-simulation/1",
    ...setting,
    faults: [...setting.faults],
    seed,
    violation,
    digest,
    decisions: decisions.map(([label, n, value]) => [label, n, value]),
    story: [...story],
    recording,
  };
  try {
    writeFileSync(to, `${withoutIndent(kept)}\n`);
  } catch (error) {
    throw new ConfigError("--save", `must be a file that can be written (${(error as Error).message})`, to);
  }
  return to;
}

/** JSON that people read, with a line for each message of the recording. */
function withoutIndent({ recording = [], ...kept }: ReplayFile): string {
  const head = JSON.stringify(kept, undefined, 1).slice(0, -2);
  return `${head},\n "recording": [\n${recording.map((one) => JSON.stringify(one)).join(",\n")}\n ]\n}`;
}

/** `--replay`: exit code 1 while the law is broken as it was, 0 once it is held. */
async function replayed(path: string, file: string | undefined, flags: Flags): Promise<number> {
  const kept = readReplayFile(path, "--replay");
  const setting = { ...kept, faults: kept.faults as FaultSchedule, file: file ?? kept.file };
  const body = await bodyOf(setting, flags);
  const simulation = await replay(kept.decisions, body, { faults: setting.faults });
  const { violation, digest, trace } = simulation;
  const isSame = digest === kept.digest;
  if (flags.json === true) printJson({ type: "replayed", violation, digest, isSame, trace });
  else
    print(
      ...trace,
      "",
      violation === undefined
        ? `held: the law that was broken is kept now (${kept.violation})`
        : `broken: ${violation}`,
      isSame
        ? `the trace is the one that was saved, ${digest}`
        : `the trace is another one than was saved: ${digest} and not ${kept.digest}`,
    );
  return violation === undefined ? exitCodes.ended : exitCodes.bug;
}

function linesOf(
  { seeds, found, covered }: Exploration,
  tookMs: number,
  saved: string | undefined,
  isVerbose: boolean,
): string[] {
  const pace = `${seeds} ${seeds === 1 ? "simulation" : "simulations"} in ${printMillis(tookMs)}`;
  const coverage = coverageLines(covered, isVerbose);
  if (!found) return [`${pace}: every law was held`, ...coverage];
  const { seed, violation, decided, decisions, replays, simulation } = found;
  return [
    `${pace}: seed ${seed} breaks a law`,
    `  ${violation}`,
    `shrunk from ${decided} decisions to ${decisions.length} in ${replays} replays:`,
    ...(decisions.length > 0
      ? decisions.map(([label, n, value]) => `  ${label} #${n + 1}: ${value}`)
      : ["  no fault and no delay is needed: the experiment does so by itself, or keeps something between its runs"]),
    "",
    ...storyOf(simulation),
    "",
    `replay it with: crucible explore --replay ${saved}`,
    `step through it with: crucible view ${saved}`,
    ...coverage,
  ];
}

const storyOf = ({ trace }: Simulation): readonly string[] => trace;

/** Names of what was never touched that a line has; faults that never struck are few, and all of them are named. */
const NAMED = 5;

function coverageLines({ states, transitions, faults }: Covered, isVerbose: boolean): string[] {
  return Object.entries({
    "fault rules that struck": faults,
    "states entered": states,
    "transitions taken": transitions,
  }).flatMap(([what, counts]) => {
    const all = Object.keys(counts).length;
    const never = untouched(counts);
    if (all === 0) return [];
    const shown = isVerbose || counts === faults || never.length <= NAMED + 1 ? never : never.slice(0, NAMED);
    const more = never.length - shown.length;
    const names = [...shown, ...(more > 0 ? [`and ${more} more (--verbose names them)`] : [])].join(", ");
    return [`${what}: ${all - never.length} of ${all}${never.length > 0 ? `; never ${names}` : ""}`];
  });
}
