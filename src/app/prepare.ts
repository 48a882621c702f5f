import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { nanoid } from "nanoid";
import type { Backend, Prices } from "#src/backends/backend";
import { codeIdentity } from "#src/execute/code-digest";
import type { ExecutorFactory } from "#src/execute/scope";
import { lockPlan, type PlanParts, planOf } from "#src/experiment/decided";
import type { Experiment } from "#src/experiment/define";
import { defined } from "#src/experiment/defined";
import { describe, scorerDigests } from "#src/experiment/describe";
import { refuseAimless } from "#src/experiment/fault-levels";
import type { Manifest, RunSession } from "#src/experiment/manifest";
import { type OpenPlan, openPlan } from "#src/experiment/open-plan";
import type { RunSettings } from "#src/experiment/options";
import { makePlan, type Plan } from "#src/experiment/plan";
import { type Clock, systemClock } from "#src/kernel/clock";
import { contentJson, digest } from "#src/kernel/digest";
import { ConfigError, show } from "#src/kernel/errors";
import { withoutSecrets } from "#src/kernel/redact";
import type { Share } from "#src/policy/share";
import type { RunStore } from "#src/store/store";
import { environment } from "./environment.ts";
import { executorNamed } from "./executors.ts";
import { directoryOf, type LoadedDataset, loadDataset } from "./load.ts";
import { type RunOptions, settingsOf } from "./run-options.ts";
import { keptParameters, refuseSecretNames } from "./secret-parameters.ts";
import { askedSettings, type ResolvedSettings, resolveSettings } from "./settings.ts";

/** A run that is ready to start: everything checked, nothing written. */
export interface Prepared {
  readonly experimentId: string;
  readonly experiment: Experiment;
  readonly settings: RunSettings;
  readonly sources: ResolvedSettings["sources"];
  readonly dataset: LoadedDataset;
  readonly plan: Plan;
  /** The plan, where its rows are read while tasks are run. */
  readonly open?: OpenPlan;
  readonly manifest: Manifest;
  /** Of the experiment file, with the values of those that are secrets. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** Where tasks run, where that was asked from outside the experiment. */
  readonly executor: ExecutorFactory | undefined;
  readonly prices: Prices | undefined;
  /** Where solvers of conditions without a backend of their own send their calls. */
  readonly backend: Backend | undefined;
  /** What it shares with the other runs of a suite. */
  readonly share?: Share | undefined;
}

/** A run that can begin: new, or found in a store. */
export interface Beginning {
  readonly prepared: Prepared;
  readonly store: RunStore;
  /** Sessions before this one. */
  readonly sessions: readonly RunSession[];
}

/** @example newExperimentId().startsWith("exp_") // => true */
export const newExperimentId = (): string => `exp_${nanoid()}`;

/**
 * Checks everything about a run before anything is written or spent.
 *
 * @throws ConfigError for any mistake in options, definition or data
 */
export async function prepare(given: Experiment, options: RunOptions, experimentId: string): Promise<Prepared> {
  const experiment = defined(given);
  const clock = options.clock ?? systemClock;
  const directory = directoryOf(options.file);
  const {
    run: settings,
    experiment: effective,
    sources,
  } = await resolveSettings(experiment, {
    call: { ...settingsOf(options), ...options.overrides },
    ...(options.commandLine ? { commandLine: options.commandLine } : {}),
    directory,
  });
  const { parameters = {} } = options;
  const kept = keptParameters(parameters);
  const dataset = await loadDataset(effective, directory);
  refuseSecretNames(effective, dataset.items);
  refuseAimless(effective, dataset.items, options.backend);
  const open = dataset.stream ? openPlan(effective) : undefined;
  const plan = open ?? makePlan(effective, dataset.items);
  // hidden before it is locked: the digest is of what stands in the store
  const parts = withoutSecrets({
    experiment: describe(effective),
    dataset: {
      source: dataset.source,
      items: dataset.items.length,
      digest: digestItems(dataset.items),
      ...(open ? { stream: { ended: false } } : {}),
    },
    plan: { tasks: plan.size, hash: plan.hash },
    seed: effective.config.randomSeed,
  } satisfies PlanParts);
  const file = options.file === undefined ? undefined : resolve(options.file);
  const code = file === undefined || settings.dryRun ? undefined : await codeIdentity(file, parameters);
  const manifest: Manifest = withoutSecrets({
    format: "crucible-manifest/1",
    experimentId,
    ...parts,
    ...(file === undefined ? {} : { file }),
    ...kept,
    flags: { settings: askedSettings(sources), ...executorFlag(options.executorNamed) },
    ...(code ? { code } : {}),
    decided: lockPlan(
      planOf(parts),
      file === undefined ? undefined : withoutSecrets({ path: file, ...digestOfFile(file) }),
    ),
    ...pricesOf(options, effective),
    scorers: scorerDigests(effective),
    createdAt: new Date(clock.now()).toISOString(),
    environment: environment(directory),
    ...(options.faults ? { faults: options.faults.description } : {}),
  });
  const { prices, backend, share, executorNamed: named } = options;
  const executor = options.executor ?? (await executorNamed(named?.name, named?.redis));
  return {
    experimentId,
    experiment: effective,
    settings,
    sources,
    dataset,
    plan,
    ...(open ? { open } : {}),
    manifest,
    parameters,
    clock,
    executor,
    prices,
    backend,
    share,
  };
}

/** The executor for the manifest; an address with a password in it is not kept. */
function executorFlag(named: RunOptions["executorNamed"]): Pick<NonNullable<Manifest["flags"]>, "executor"> {
  if (!named) return {};
  const { name, redis } = named;
  return { executor: { name, ...(redis === undefined || redis.includes("@") ? {} : { redis }) } };
}

/** The price table for the manifest. @throws ConfigError for amounts in another currency than the budget's: there is no conversion */
function pricesOf({ prices }: RunOptions, { costBudget }: Experiment): Pick<Manifest, "prices"> {
  if (!prices) return {};
  const { version, currency } = prices;
  if (currency !== costBudget.currency)
    throw new ConfigError("prices", `must be in the budget's currency, ${show(costBudget.currency)}`, currency);
  return { prices: { version, currency, ...(prices.table ? { digest: digest(prices.table).slice(0, 16) } : {}) } };
}

/** SHA-256 of a file's bytes; nothing for a file that cannot be read. */
export function digestOfFile(path: string): { digest?: string } {
  try {
    return { digest: createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 32) };
  } catch {
    return {};
  }
}

/** SHA-256 over ids and contents, ordered by id. */
export function digestItems(items: LoadedDataset["items"]): string {
  const hash = createHash("sha256");
  for (const { id, row } of [...items].sort((a, b) => (a.id < b.id ? -1 : 1)))
    hash.update(`${id}\n${contentJson(row)}\n`);
  return hash.digest("hex").slice(0, 32);
}
