import type { DatasetInput } from "#src/dataset/dataset";
import type { Condition } from "#src/experiment/condition";
import { asWritten, defineExperiment, type Experiment } from "#src/experiment/define";
import { describe } from "#src/experiment/describe";
import { canonicalJson } from "#src/kernel/digest";
import { ConfigError, checkAll } from "#src/kernel/errors";
import type { Scorer } from "#src/scoring/scorer";
import { chain } from "#src/solver/chain";
import { described } from "#src/solver/describe";
import type { Solver } from "#src/solver/solver";
import { backendFor } from "./backends.ts";
import { outputsOf } from "./outputs.ts";
import { CONDITION, OWN, readOwn } from "./own-settings.ts";
import { called, entryOf, type RegistryIR, refuseDeaf } from "./registry.ts";
import { type DatasetRefIR, type ExperimentIR, parseIR, type ReliabilityIR, type StageDefIR } from "./schema.ts";
import { analysisFrom } from "./statistics.ts";

/** Documents that experiments were made of, and what those were: the way back gives them as they came. */
const sources = new WeakMap<object, { readonly document: ExperimentIR; readonly was: string }>();

/** The document that an experiment was made of, and whether it still is what that says. */
export function sourceOf(experiment: Experiment): { document: ExperimentIR; isSame: boolean } | undefined {
  const source = sources.get(asWritten(experiment).conditions);
  return source && { document: source.document, isSame: source.was === canonicalJson(describe(experiment)) };
}

/**
 * Makes an experiment of a document of crucible_ir and of the code behind its names.
 *
 * The pipeline's solvers are one chain, its scorers grade what that leaves; `baseline` is a second condition, with the same pipeline. What
 * the document says acts, or is refused: nothing is left out in silence.
 *
 * @param json JSON text, or what it parses to
 * @throws ConfigError with the path in the document: for a name that the registry lacks, with the nearest; for what would not act
 * @example
 * const registry = { backends: { gpt4: backendOf(() => "4") }, stages: { ask: { solver: generate }, grade: { scorer: () => match() } }, datasets: { sums: [{ input: "2 + 2", target: "4" }] } };
 * const document = { id: "sums", backend: { id: "gpt4" }, pipeline: [{ name: "ask" }, { name: "grade" }], dataset: { name: "sums" } };
 * const report = await run(fromIR(document, registry));
 */
export function fromIR(json: unknown, registry: RegistryIR): Experiment {
  const document = parseIR(json);
  const { id, description, owner, tags, reliability = {} } = document;
  const own: ReturnType<typeof readOwn> = {};
  const analysis: ReturnType<typeof analysisFrom> = {};
  let conditions: readonly Condition[] = [];
  let dataset: DatasetInput = [];
  checkAll([
    () => refuseTraining(document),
    () => void outputsOf(document),
    () => void Object.assign(own, readOwn(document, registry)),
    () => void Object.assign(analysis, analysisFrom(reliability.stats)),
    () => {
      dataset = datasetOf(document.dataset, registry);
    },
    () => {
      conditions = conditionsOf(document, registry);
    },
  ]);
  const experiment = defineExperiment({
    metrics: ["accuracy"],
    ...own,
    name: id,
    ...(description === undefined ? {} : { description }),
    ...(owner === undefined ? {} : { author: owner }),
    ...(tags === undefined ? {} : { tags }),
    dataset,
    conditions,
    statisticalAnalysis: {
      ...own.statisticalAnalysis,
      ...analysis,
      ...(document.baseline ? { baseline: document.baseline.id } : {}),
    },
  });
  sources.set(conditions, { document, was: canonicalJson(describe(experiment)) });
  return experiment;
}

function refuseTraining({ experiment_type: type, training_config: training }: ExperimentIR): void {
  if (training || type === "training")
    throw new ConfigError(
      training ? "training_config" : "experiment_type",
      "must not be of a training: experiments here compare what is there already",
      training ? training.id : type,
    );
}

function datasetOf(ref: DatasetRefIR | undefined, registry: RegistryIR): DatasetInput {
  if (!ref) throw new ConfigError("dataset", "is missing", undefined, "It must name a data set of the registry");
  const { name, provider, split, options, version, format, schema } = ref;
  const isKnown = [`${provider}/${name}`, name].some((key) => Object.hasOwn(registry.datasets ?? {}, key));
  if (!isKnown && provider === OWN && /\.(jsonl|json|csv|tsv|parquet)$/.test(name)) return name;
  const entry = entryOf(registry.datasets, "datasets", "dataset.name", [name, `${provider}/${name}`]);
  if (typeof entry === "function") {
    const read = (): DatasetInput | Promise<DatasetInput> => entry(ref);
    return provider === OWN ? (entry as DatasetInput) : Object.defineProperty(read, "name", { value: name });
  }
  refuseDeaf("dataset", { options, version, format, schema, split: split === "train" ? undefined : split });
  return entry as DatasetInput;
}

function conditionsOf(document: ExperimentIR, registry: RegistryIR): Condition[] {
  const { reliability = {}, baseline, backend } = document;
  const stages = [...guards(reliability, registry), ...document.pipeline.map((stage, i) => placed(stage, i))];
  const enabled = stages.filter(({ stage }) => stage.enabled);
  const own = enabled.filter(({ stage }) => stage.module === CONDITION);
  if (own.length > 0) return ownConditions(enabled, registry);
  const { solvers, scorers } = madeOf(enabled, registry);
  const { ensemble, hedging } = reliability;
  const condition = (name: string, of: ExperimentIR["backend"], voted: ReliabilityIR): Condition => ({
    name,
    solver: described(chain(solvers), "crucible_ir", [of, voted.ensemble, voted.hedging, solvers]),
    scorers,
    backend: backendFor(of, voted, registry),
  });
  const treated = condition(backend.id, backend, { ensemble, hedging });
  if (!baseline) return [treated];
  const { id, version, options } = baseline;
  const ref = {
    id,
    profile: "default",
    ...(options ? { options } : {}),
    ...(version ? { model_version: version } : {}),
  };
  return [condition(id, ref, {}), treated];
}

interface Placed {
  readonly stage: StageDefIR;
  readonly place: string;
}

const placed = (stage: StageDefIR, i: number): Placed => ({ stage, place: `pipeline[${i}]` });

const guardNames = ["guardrails", "fairness", "monitoring", "drift", "circuit_breaker", "feedback"] as const;

/** Parts of the reliability that only a stage of the registry can do; those that are switched off ask for nothing. */
function guards(reliability: ReliabilityIR, registry: RegistryIR): Placed[] {
  return guardNames.flatMap((name): Placed[] => {
    const options = reliability[name] as Readonly<Record<string, unknown>> | undefined;
    if (!options || options.enabled === false) return [];
    const place = `reliability.${name}`;
    if (!Object.hasOwn(registry.stages ?? {}, name))
      throw new ConfigError(
        place,
        `acts only where the registry has a stage ${name}`,
        undefined,
        "Give it, or leave it out",
      );
    return [{ stage: { name, options, enabled: true }, place }];
  });
}

function entryFor({ stage, place }: Placed, registry: RegistryIR) {
  const { name, module } = stage;
  if (module === undefined || module === CONDITION) return entryOf(registry.stages, "stages", `${place}.name`, [name]);
  return entryOf(registry.stages, "stages", `${place}.module`, [module, module.replace(/^Elixir\./, "")]);
}

function ownConditions(stages: readonly Placed[], registry: RegistryIR): Condition[] {
  return stages.map((each) => {
    const entry = entryFor(each, registry);
    if (each.stage.module === CONDITION && "condition" in entry) return { ...entry.condition, name: each.stage.name };
    throw new ConfigError(each.place, "must be a condition, as other stages of this pipeline are", each.stage.name);
  });
}

function madeOf(stages: readonly Placed[], registry: RegistryIR): { solvers: Solver[]; scorers: Scorer[] } {
  const solvers: Solver[] = [];
  const scorers: Scorer[] = [];
  for (const { stage, place } of stages) {
    const entry = entryFor({ stage, place }, registry);
    const options = stage.options ?? {};
    const part = <F>(made: unknown, kind: string): F => {
      if (typeof made === "function") return made as F;
      throw new ConfigError(place, `must be made a ${kind} by the registry`, made);
    };
    if ("solver" in entry) {
      const solver = part<Solver>(
        called(place, () => entry.solver(options, stage)),
        "solver",
      );
      solvers.push(described((state, generate) => solver(state, generate), stage.name, [options, solver]));
    } else if ("scorer" in entry) {
      scorers.push(
        part<Scorer>(
          called(place, () => entry.scorer(options, stage)),
          "scorer",
        ),
      );
    } else throw new ConfigError(place, `must have a solver or a scorer in the registry`, stage.name);
  }
  const lacking = solvers.length === 0 ? "solver" : scorers.length === 0 ? "scorer" : undefined;
  if (lacking) throw new ConfigError("pipeline", `must have an enabled stage that is a ${lacking} in the registry`);
  return { solvers, scorers };
}
