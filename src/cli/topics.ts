import { ConfigError, StoreError } from "#src/kernel/errors";
import { FailureError } from "#src/kernel/failure";

/** Names of an experiment's options, as a place begins with them: their topic is the option itself. */
const options =
  /^(repeat|tags|author|version|lineage|config|costBudget|hooks|metricSchemas|overrides|confirm|inspect|telemetry|outputDir|checkpointDir)\b/;

/**
 * What to read about a mistake, by the place that its sentence begins with; the first that fits. A topic is what `crucible help` takes: a page of
 * docs, a section of one (`page#section`), an option, or a command.
 */
export const topics: readonly (readonly [place: RegExp, topic: string])[] = [
  [/^(template|folder)$/, "init"],
  [/^gates\b/, "reports#quality-gates"],
  [/^(customMetrics|metricOver)\b/, "reports#numbers-of-your-own"],
  [/^(metrics|statisticalAnalysis|baseline|pairs|judged)\b/, "reports"],
  [/^(datasetConfig\.)?schema\b/, "datasets#what-rows-are-called"],
  [/^replay\b/, "datasets#runs-of-other-harnesses"],
  [/^sample\b/, "datasets#what-a-solver-sees"],
  [/^(dataset|datasetConfig|jsonl|csv|parquet|huggingFace|folds|registerDataset|rows\[|item )/, "datasets"],
  [/^[^ ]+\.(jsonl?|csv|tsv|parquet|gz):\d+/i, "datasets"],
  [/\.[cm]?[jt]sx?(:\d+)*$/i, "errors#experiment-files"],
  [/\.db$/, "errors#runs-and-their-stores"],
  [/^(sweep|range|conditions|condition|experiments?$|name$)/, "cheat-sheet#an-experiment"],
  [/^(prices|costLimit|priced|--max-total)\b/, "money"],
  [/^(executor|redis|threads|queue|lambda|--executor|--redis|--concurrency|--lock-ms)\b/, "executors"],
  [/^(limited|hedged|cached|recorded|ensemble)\b/, "solvers#backends"],
  [/^(tools?|mcpTools|vote|selfCritique|plan|stepRunner|basicAgent|generate|fork|collect)\b/, "solvers"],
  [/^(scorers?|match|pattern|answer|named|levenshtein|rouge|bleu|weighted|scoring|scores|modelGraded)\b/, "scoring"],
  [/^(labels|ratings|categories|crucible label)\b/, "scoring#labels-by-people"],
  [/^(suite id|experiments\[)/, "suites"],
  [/^(faults|simulateRun|explore|crucible explore|world|--faults|--save)/, "simulation"],
  [/^(the run|runs|experiment id|store|start)$/, "errors#runs-and-their-stores"],
  [/^(the document|pipeline|--registry)\b/, "ir"],
  [/^-/, "options#flags-variables-and-crucibleconfigts"],
];

/** Where nothing more is known. */
const anywhere = "errors";

/**
 * What to read about what was thrown.
 *
 * @returns nothing where a page could say no more: for our own bugs
 * @example topicOf(new ConfigError("config.timeoutMs", "must be a number")) // => "config"
 */
export function topicOf(thrown: unknown): string | undefined {
  if (thrown instanceof FailureError) return `errors#${thrown.failure.kind}`;
  if (thrown instanceof StoreError) return "errors#runs-and-their-stores";
  if (!(thrown instanceof ConfigError)) return undefined;
  return options.exec(thrown.path)?.[1] ?? topics.find(([place]) => place.test(thrown.path))?.[1] ?? anywhere;
}
