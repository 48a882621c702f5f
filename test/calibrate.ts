/** Rates of false claims, coverage and power of whole analyses over a grid of seeded data sets; `npm run calibrate -- --help`. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { type Rate, rateLine, ratesOf } from "./calibrate/cell.ts";
import { kinds } from "./calibrate/cells.ts";
import { shortForm, summaryLines } from "./calibrate/grid.ts";

const numberIn = (low: number, high: number) => (text: string) => {
  const value = Number(text);
  if (!(value > low && value <= high))
    throw new InvalidArgumentError(`must be a number above ${low} and up to ${high}.`);
  return value;
};
const whole = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("must be a whole number.");
  return Number(text);
};

interface Flags {
  readonly only?: string;
  readonly share: number;
  readonly seed: number;
  readonly short?: true;
  readonly list?: true;
  readonly processes: number;
}

const program = new Command("calibrate")
  .description(
    "Analyses seeded data sets whose truth is known, end to end from rows to verdicts, and prints how often each cell of the grid errs, covers\n" +
      "or finds, with the bound that chance explains (one rate in two thousand leaves it). Exit code 1 where a cell is outside.",
  )
  .option("--only <text>", "cells, or kinds of cells, whose name holds this text")
  .option(
    "--share <number>",
    "share of each cell's data sets, the first of them; bounds widen accordingly",
    numberIn(0, 1),
    1,
  )
  .option("--seed <number>", "seed of all data sets; the documents print 1", whole, 1)
  .option("--short", "the first cells of every kind with few data sets, as in the test suite")
  .option("--list", "names of the cells and their data sets, without running them")
  .option("--processes <number>", "cells at the same time", whole, availableParallelism())
  .addHelpText("after", "\nCtrl-C ends it and sums up the cells that are done.");

const isChild = process.send !== undefined && process.env.CALIBRATE_CHILD === "1";
if (isChild) {
  const grid = kinds.flatMap(({ cells }) => cells);
  process.on("message", ([place, share, seed]: [number, number, number]) =>
    process.send?.(ratesOf(grid[place]!, share, seed)),
  );
  process.on("disconnect", () => process.exit(0));
  process.on("SIGINT", () => undefined); // the parent sums up
} else {
  await main(program.parse().opts<Flags>());
}

async function main(flags: Flags): Promise<void> {
  const grid = kinds.flatMap(({ name: kind, cells }) => cells.map((cell) => ({ kind, cell })));
  const short = flags.short ? shortForm(kinds) : undefined;
  const wanted = grid.flatMap(({ kind, cell }, place) => {
    if (flags.only !== undefined && !cell.name.includes(flags.only) && !kind.includes(flags.only)) return [];
    const share = short ? short.get(cell) : flags.share;
    return share === undefined ? [] : [{ place, share, sets: Math.max(1, Math.round(cell.sets * share)) }];
  });
  if (wanted.length === 0)
    program.error(`error: no cell and no kind of cells has "${flags.only}" in its name; see --list`);
  if (flags.list) {
    for (const { place, sets } of wanted) console.log(`${grid[place]!.kind}: ${grid[place]!.cell.name} (${sets})`);
    return;
  }
  const { rates, done } = await inChildren(wanted, flags);
  const kindOf = new Map(grid.map(({ kind, cell }) => [cell.name, kind]));
  for (const line of summaryLines(rates, (cell) => kindOf.get(cell)!)) console.log(line);
  const outside = rates.filter(({ isOutside }) => isOutside);
  for (const rate of outside) console.log(rateLine(rate));
  if (done < wanted.length) console.log(`stopped: ${wanted.length - done} cells were not run`);
  console.log(`calibrate: ${done} cells, ${new Set(outside.map(({ cell }) => cell)).size} outside`);
  process.exitCode = outside.length > 0 || done < wanted.length ? 1 : 0;
}

/** Cells one after the other in some processes; each prints its rates when it ends. */
async function inChildren(
  wanted: readonly { readonly place: number; readonly share: number }[],
  { seed, processes }: Flags,
): Promise<{ rates: Rate[]; done: number }> {
  const queue = [...wanted];
  const rates: Rate[] = [];
  const children = new Set<ChildProcess>();
  const begun = performance.now();
  let done = 0;
  let stopped = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      stopped = true;
      for (const child of children) child.kill("SIGKILL");
    });
  const work = async (): Promise<void> => {
    const child = fork(fileURLToPath(import.meta.url), [], { env: { ...process.env, CALIBRATE_CHILD: "1" } });
    children.add(child);
    const next = (): void => {
      const one = queue.shift();
      if (one && !stopped) child.send([one.place, one.share, seed]);
      else child.disconnect();
    };
    child.on("message", (found: Rate[]) => {
      rates.push(...found);
      done += 1;
      for (const rate of found) console.log(rateLine(rate));
      console.error(`  ${done} of ${wanted.length} cells, ${((performance.now() - begun) / 1000).toFixed(0)} s`);
      next();
    });
    next();
    const [code] = (await once(child, "exit")) as [number | null];
    if (code !== 0 && !stopped) throw new Error(`a process of the grid ended with ${code}`);
  };
  await Promise.all(Array.from({ length: Math.min(processes, wanted.length) }, work));
  return { rates, done };
}
