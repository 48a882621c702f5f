import { resolve } from "node:path";
import { nanoid } from "nanoid";
import { runOptions } from "#src/experiment/options";
import { type SuiteSettings, suiteOptions } from "#src/experiment/suite-options";
import { ConfigError } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import { count, money } from "#src/reports/cell";
import { estimateCosts, tasksOf } from "../estimate/estimate-cost.ts";
import { prepare } from "../prepare.ts";
import { type RunOptions, settingsOf } from "../run-options.ts";
import { type Settings, type SettingsInput, settingsOptions } from "../setting-options.ts";
import { checkpointDirectory, fromEnvironment, fromFile } from "../setting-sources.ts";
import type { Member } from "./member.ts";
import type { SuiteOptions } from "./suite-handle.ts";

/** @example newSuiteId().startsWith("suite_") // => true */
export const newSuiteId = (): string => `suite_${nanoid()}`;

/** Options of a suite, parted: what holds for all, and what each run is given. */
export interface PartedOptions {
  readonly suite: SuiteSettings;
  /** Plugs and settings of each run. */
  readonly run: RunOptions;
  /** What was asked of each run, for the resume of the suite. */
  readonly asked: SettingsInput;
  readonly confirm: boolean;
  readonly checkpointDir: string;
  readonly outputDir: string;
  /** Whether reports are wanted. */
  readonly hasReports: boolean;
}

const ofSuite = Object.keys(suiteOptions.shape) as (keyof SuiteSettings)[];

/** @throws ConfigError for an option that is wrong */
export async function partOptions({ id: _, commandLine = {}, ...options }: SuiteOptions): Promise<PartedOptions> {
  const { maxParallel, rateLimit, maxTotal, ...restOfLine } = commandLine;
  const line = { maxParallel, rateLimit, maxTotal };
  const given = Object.fromEntries(
    ofSuite.map((name) => [name, options[name as keyof typeof options] ?? line[name as keyof typeof line]] as const),
  );
  const suite = parseOptions(suiteOptions, withoutUndefined(given));
  const rest = Object.fromEntries(Object.entries(options).filter(([name]) => !ofSuite.includes(name as never)));
  const { confirm: byCall, ...call } = rest as RunOptions;
  const { confirm = false, ...line2 } = restOfLine;
  const asked = parseOptions(settingsOptions, withoutUndefined({ ...line2, ...settingsOf(call) }));
  const around: Settings = { ...(await fromFile(process.cwd())), ...fromEnvironment(process.env) };
  const checkpointDir = await checkpointDirectory(asked);
  const outputDir = resolve(asked.outputDir ?? around.outputDir ?? runOptions.shape.outputDir.parse(undefined));
  const formats = asked.formats ?? around.formats ?? runOptions.shape.formats.parse(undefined);
  return {
    suite,
    run: { ...call, commandLine: line2, checkpointDir, outputDir },
    asked: withoutUndefined({ ...asked, checkpointDir: undefined, dryRun: undefined }),
    confirm: byCall ?? confirm,
    checkpointDir,
    outputDir,
    hasReports: formats.length > 0 && asked.dryRun !== true,
  };
}

const withoutUndefined = (settings: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));

/** Amounts of all experiments are added up. @throws ConfigError where their currencies differ */
export function currencyOf(members: readonly Member[]): string {
  const [first, ...others] = members;
  const of = ({ parts }: Member): string => parts.experiment.costBudget.currency;
  const other = others.find((each) => of(each) !== of(first!));
  if (!other) return first ? of(first) : "usd";
  throw new ConfigError(
    "costBudget.currency",
    "must be the same in all experiments of a suite: their amounts are added up",
    of(other),
    `${first!.name} has ${of(first!)}, and ${other.name} ${of(other)}`,
  );
}

/**
 * Asks once, before anything is spent, for all experiments together.
 *
 * @throws ConfigError when the answer is no, or there is no terminal to ask
 */
export async function confirmSuite(members: readonly Member[], ask: RunOptions["ask"]): Promise<void> {
  let tasks = 0;
  let isOpen = false;
  let cost: number | "unknown" = 0;
  let currency = "";
  for (const { parts } of members) {
    const prepared = await prepare(parts.experiment, { ...parts.options, ...fileOf(parts) }, parts.experimentId).catch(
      () => undefined, // it will be refused when its turn comes, with its own sentence
    );
    if (!prepared) continue;
    const { totalCost } = await estimateCosts(prepared);
    const each = tasksOf(prepared);
    if (each === "unknown") isOpen = true;
    else tasks += each * prepared.plan.conditions.length;
    currency = prepared.experiment.costBudget.currency;
    cost = cost === "unknown" || totalCost === "unknown" ? "unknown" : cost + totalCost;
  }
  if (cost === 0) return;
  const amount = cost === "unknown" ? "an unknown amount" : `about ${money(cost, currency)}`;
  if (!ask)
    throw new ConfigError(
      "confirm",
      `cannot be asked where there is no terminal; the suite would cost ${amount}`,
      undefined,
      "Pass --yes to go ahead",
    );
  const all = members.length === 1 ? "1 experiment" : `${members.length} experiments`;
  if (!(await ask(`${isOpen ? "At least " : ""}${count(tasks)} tasks of ${all} will cost ${amount}. Go ahead?`)))
    throw new ConfigError("", "the suite was not confirmed, so nothing was run");
}

const fileOf = ({ file }: Member["parts"]): { file?: string } => (file === undefined ? {} : { file });
