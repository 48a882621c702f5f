import type { FactSink } from "#actors/messages";
import { type Experiment, redefine } from "#src/experiment/define";
import type { HookAnswer, HookConfig } from "#src/experiment/hooks";
import { type OptionChange, optionChanges } from "#src/experiment/option-changes";
import { budgetOptions, configOptions } from "#src/experiment/options";
import { ConfigError, didYouMean, faultIn } from "#src/kernel/errors";
import { isPlainObject } from "#src/kernel/record";

type Settings = Pick<HookConfig, "config" | "costBudget">;
type Members = Readonly<Record<string, unknown>>;

const HOOK = "hooks.beforeExperiment";
/** What a hook may change: how tasks run. What is measured stays as it was planned. */
const changeable = ["maxParallel", "rateLimit", "timeoutMs", "onConditionFailure", "errorHandling"];

/** The settings that a hook sees. They are frozen: a change is what it returns. */
export function hookSettings({ config: { executor: _, ...config }, costBudget }: Experiment): Settings {
  return { config: Object.freeze(config), costBudget };
}

/**
 * What a hook's answer changes in the settings. What it leaves out stays; `null` and `undefined` lift a limit.
 *
 * @throws ConfigError for a wrong value, an unknown option, and one that is not the hook's to change
 */
export function changesOfHook(experiment: Experiment, given: HookAnswer): OptionChange[] {
  const answer = given as Members;
  const before = hookSettings(experiment);
  for (const [place, { shape }] of Object.entries({ config: configOptions, costBudget: budgetOptions })) {
    const astray = Object.keys(answer).find((key) => Object.hasOwn(shape, key));
    if (astray !== undefined)
      throw new ConfigError(`${HOOK}: ${astray}`, "is not read here", answer[astray], `Return it in ${place}`);
  }
  const { config = {}, costBudget = {} } = answer;
  if (!isPlainObject(config)) throw new ConfigError(`${HOOK}: config`, "must be an object", config);
  if (!isPlainObject(costBudget)) throw new ConfigError(`${HOOK}: costBudget`, "must be an object", costBudget);
  const changes = optionChanges(before, hookSettings(changed(experiment, { config, costBudget })));
  for (const { path, decided, now } of changes) {
    const [part, name = ""] = path.split(/[.[]/);
    if (part === "costBudget" ? name !== "currency" : changeable.includes(name)) continue;
    const law = `must stay ${JSON.stringify(decided)}: a hook changes how tasks run, not what is measured`;
    throw new ConfigError(`${HOOK}: ${path}`, law, now, didYouMean(name, changeable));
  }
  if (Object.hasOwn(config, "executor") && config.executor !== experiment.config.executor)
    throw new ConfigError(`${HOOK}: config.executor`, "must stay as it is", config.executor);
  return changes;
}

/** The experiment with the changes of a hook, but for options that are another one by now: who changed them since knew of it. */
export function withHookChanges(experiment: Experiment, changes: readonly OptionChange[]): Experiment {
  if (changes.length === 0) return experiment;
  const before = hookSettings(experiment);
  const settings = { config: {}, costBudget: {} } satisfies Members;
  for (const { path, decided, now } of changes) {
    const steps = path.split(".");
    const current = steps.reduce<unknown>((at, step) => (at as Members | undefined)?.[step], before);
    if (JSON.stringify(current) === JSON.stringify(decided)) put(settings, before, steps, now);
  }
  return changed(experiment, settings);
}

/** Writes one option into a tree of changes; a list is one value. */
function put(into: Record<string, unknown>, before: unknown, [step, ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    into[step!] = value;
    return;
  }
  const there = (before as Members | undefined)?.[step!];
  const inner = isPlainObject(into[step!]) ? (into[step!] as Record<string, unknown>) : {};
  into[step!] = inner;
  put(inner, there, rest, value);
}

function changed(experiment: Experiment, { config, costBudget }: { config: Members; costBudget: Members }): Experiment {
  try {
    return redefine(experiment, {
      config: merged(experiment.config, config),
      costBudget: merged(experiment.costBudget, costBudget),
    });
  } catch (error) {
    throw error instanceof ConfigError ? faultIn(HOOK, error) : error;
  }
}

function merged<T extends object>(base: T, change: Members): T {
  const all = { ...base } as Record<string, unknown>;
  for (const [key, value] of Object.entries(change)) {
    const old = all[key];
    if (value === null || value === undefined) delete all[key];
    else all[key] = isPlainObject(old) && isPlainObject(value) ? merged(old, value) : value;
  }
  return all as T;
}

/** Says where a hook asks for other settings when a run is resumed than it did at first: those of the first session hold. */
export function sayIfOther(inForce: readonly OptionChange[], asked: readonly OptionChange[], facts: FactSink): void {
  const other = asked.filter(({ path, now }) => !inForce.some((one) => one.path === path && same(one.now, now)));
  if (other.length === 0) return;
  const error = `asked for another ${other.map(({ path }) => path).join(", ")} than in the first session, which holds`;
  facts({ type: "hook.failed", hook: "beforeExperiment", error });
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
