import type { Backend } from "#src/backends/backend";
import type { DatasetInput } from "#src/dataset/dataset";
import type { DatasetOptions } from "#src/dataset/options";
import type { Condition } from "#src/experiment/condition";
import type { Hooks } from "#src/experiment/hooks";
import type { CustomMetric } from "#src/experiment/metrics";
import { ConfigError, didYouMean, faultIn } from "#src/kernel/errors";
import { toFailure } from "#src/kernel/failure";
import type { Scorer } from "#src/scoring/scorer";
import type { Solver } from "#src/solver/solver";
import type { BackendRefIR, DatasetRefIR, StageDefIR } from "./schema.ts";

type StageOptions = Readonly<Record<string, unknown>>;

/** What a stage of a pipeline is here: a step of the solver, a scorer, or a condition of its own. */
export type StageIR =
  | { readonly solver: (options: StageOptions, stage: StageDefIR) => Solver }
  | { readonly scorer: (options: StageOptions, stage: StageDefIR) => Scorer }
  | { readonly condition: Omit<Condition, "name"> };

/** The code behind the names of a document, which holds none. */
export interface RegistryIR {
  /** By id. A function gets the whole reference, with profile and options. */
  readonly backends?: Readonly<Record<string, Backend | ((ref: BackendRefIR) => Backend)>>;
  /** By module, else by name. Guardrails and fairness are stages of these names. */
  readonly stages?: Readonly<Record<string, StageIR>>;
  /** By `provider/name`, else by name. A function gets the whole reference, with split and options. */
  readonly datasets?: Readonly<
    Record<string, DatasetInput | ((ref: DatasetRefIR) => DatasetInput | Promise<DatasetInput>)>
  >;
  /** Functions that a document of `toIR` names. */
  readonly customMetrics?: readonly CustomMetric[];
  readonly hooks?: Hooks;
  /** `datasetConfig.schema` of such a document. */
  readonly rowSchema?: DatasetOptions["schema"];
}

/**
 * The entry of one of `names`, the first that there is.
 *
 * @throws ConfigError that says what was looked for, and the nearest
 */
export function entryOf<T>(
  entries: Readonly<Record<string, T>> | undefined,
  kind: string,
  place: string,
  names: readonly string[],
): T {
  const known = entries ?? {};
  const found = names.find((name) => Object.hasOwn(known, name));
  if (found !== undefined && (typeof known[found] === "object" ? known[found] !== null : known[found]))
    return known[found]!;
  const hint = didYouMean(names[0]!, Object.keys(known));
  throw new ConfigError(place, `must be one of the registry's ${kind}`, names[0], hint);
}

/** Calls what a registry gave. @throws ConfigError with the place in the document for whatever it throws */
export function called<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ConfigError) throw faultIn(place, error);
    throw new ConfigError(place, `cannot be made by the registry (${toFailure(error, 0).message})`);
  }
}

/** @throws ConfigError where a document says more than an entry other than a function could act on */
export function refuseDeaf(place: string, asks: Readonly<Record<string, unknown>>): void {
  const asked = Object.entries(asks).find(([, value]) => value !== undefined && !isEmpty(value));
  if (!asked) return;
  const law = "acts only where the registry's entry is a function of the reference";
  throw new ConfigError(`${place}.${asked[0]}`, law, asked[1], "Write (ref) => ... in the registry, or leave it out");
}

const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;
