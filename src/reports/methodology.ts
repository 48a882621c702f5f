import type { Analysis } from "#src/analysis/analysis";
import { flagWords, shellWord } from "#src/experiment/flags";
import type { Manifest } from "#src/experiment/manifest";
import { ownMember } from "#src/kernel/record";
import { mapInSteps, type Steps } from "#src/kernel/steps";
import { count, level, scaleOf, textCell } from "./cell.ts";
import { cut } from "./cut.ts";
import { MANY } from "./figures.ts";
import type { Block, ReportTable, TableRow } from "./report.ts";
import { betterWords, familySentence, listed, named } from "./words.ts";

/** What was done: data, conditions, metrics, plan of analysis. */
export function methodology({ experiment, dataset, plan, seed }: Manifest, analysis: Analysis): Block[] {
  const { options } = analysis;
  const facts: [string, string][] = [
    ["Dataset", `${dataset.source}, ${count(dataset.items)} items, digest ${dataset.digest}`],
    [
      "Plan",
      `${count(plan.tasks)} tasks${dataset.stream ? `, items in the order of the source, read while they were run${dataset.stream.ended ? "" : "; it has not ended"}` : ` in seeded random order (seed ${seed})`}, ${experiment.repeat} ${experiment.repeat === 1 ? "repeat" : "repeats"} an item`,
    ],
    [
      "Unit of analysis",
      `item; repeats are averaged within the item first${analysis.metrics.some(({ metric }) => metric.reducer) ? ", or reduced as the metric says" : ""}${analysis.clusters === undefined ? "" : `; items belong to ${analysis.clusters} clusters, errors are cluster-robust`}`,
    ],
    [
      "Metrics",
      analysis.metrics
        .map(
          ({ metric, kind, over }) =>
            `${metric.name} (${over ? `made from ${over.join(" and ")} of all tasks` : kind === "custom" ? "made from other metrics" : `${metric.aggregate} of ${metric.reducer === undefined ? "" : `${metric.reducer} of `}${metric.from}`}, ${betterWords(metric)})`,
        )
        .join("; "),
    ],
    ["Pairs", pairsWords(analysis)],
    ["Family", familySentence(analysis)],
    ["Intervals", `${Math.round(options.confidenceInterval * 1000) / 10} %`],
    [
      "Failed tasks",
      options.failedAs === 0
        ? "count as the worst value where higher is better (0, or the lowest seen below 0); the other reading is printed where tasks failed"
        : "are left out; the other reading is printed where tasks failed",
    ],
    ...marginFacts(analysis),
    ["Resampling", `${options.resamples} draws, seed ${options.seed}`],
  ];
  return [
    { kind: "table", table: factsTable("plan", "Data and plan of analysis", facts) },
    { kind: "table", table: conditionsTable(experiment, analysis), folded: analysis.conditions.length > MANY },
    ...analysis.notes.map((text): Block => ({ kind: "paragraph", text })),
  ];
}

/** Differences that still count as equal, as they were fixed beforehand. */
function marginFacts({ options, metrics }: Analysis): [string, string][] {
  const margins = metrics.flatMap((analysed) => {
    const margin = ownMember(options.equivalenceMargin, analysed.metric.name);
    if (margin === undefined) return [];
    const scale = scaleOf(analysed);
    return [`${analysed.metric.name} ${level(margin, scale)}${scale.differenceUnit ? ` ${scale.differenceUnit}` : ""}`];
  });
  return margins.length > 0 ? [["Equal within", `${margins.join("; ")}, by two one-sided tests`]] : [];
}

function pairsWords({ options, faulted }: Analysis): string {
  const asked = askedPairs({ options });
  if (!faulted) return asked;
  const alone = "every condition under faults against itself without";
  const own = faulted.losses
    ? `${alone}; what ${count(faulted.losses.comparisons.length)} ${faulted.losses.comparisons.length === 1 ? "pair loses" : "pairs of conditions lose"} at a level, as a family of its own`
    : alone;
  return options.baseline === undefined && !options.pairs ? own : `${own}; ${asked}`;
}

function askedPairs({ options }: Pick<Analysis, "options">): string {
  if (options.baseline !== undefined) return `every condition against ${options.baseline}`;
  if (options.pairs) return `every pair of conditions that agree on ${options.pairs.within}`;
  return "every pair of conditions";
}

const factsTable = (id: string, caption: string, facts: readonly (readonly [string, string])[]): ReportTable => ({
  id,
  caption,
  columns: [
    { id: "fact", label: "What", align: "left" },
    { id: "value", label: "Value", align: "left" },
  ],
  rows: facts.map(([name, value]): TableRow => ({ key: {}, cells: [textCell(name), textCell(value)] })),
  notes: [],
});

function conditionsTable(experiment: Manifest["experiment"], { conditions }: Analysis): ReportTable {
  const known = new Map(experiment.conditions.map((condition) => [condition.name, condition]));
  return {
    id: "conditions",
    caption: "Conditions",
    columns: [
      { id: "condition", label: "Condition", align: "left" },
      { id: "description", label: "What it does", align: "left" },
      { id: "factors", label: "Factors", align: "left" },
      { id: "code", label: "Code digest", align: "left" },
    ],
    rows: conditions.map(({ name, factors }) => {
      const described = known.get(name);
      const text = [described?.description, described?.model && `model ${described.model}`].filter(Boolean).join("; ");
      const shown = Object.entries(factors).map(([factor, value]) => `${factor} = ${value}`);
      return {
        key: { condition: name },
        cells: [textCell(name), textCell(cut(text, 300)), textCell(shown.join(", ")), textCell(described?.code ?? "")],
      };
    }),
    notes: [],
  };
}

/** What the design could have found: the smallest difference that it detects with 80 % power, and for which metrics none is known. */
export function* limitationNotes({ metrics, families, options }: Analysis): Steps<Block[]> {
  const found = yield* mapInSteps(metrics, (analysed): string[] => {
    const scale = scaleOf(analysed);
    const sizes = analysed.comparisons.flatMap(({ detectable }) => (detectable.ok ? [detectable.value] : []));
    if (sizes.length === 0) return [];
    const [least, most] = [Math.min(...sizes), Math.max(...sizes)].map((value) => level(value, scale));
    const unit = scale.differenceUnit ? ` ${scale.differenceUnit}` : "";
    return [`${named(analysed.metric.name)}: ${least === most ? least : `${least} to ${most}`}${unit}`];
  });
  const none = (yield* mapInSteps(metrics, ({ metric, comparisons }): string[] => {
    const [first] = comparisons.filter(({ p, same, detectable }) => p.ok && !same && !detectable.ok);
    if (!first || first.detectable.ok || comparisons.some(({ detectable }) => detectable.ok)) return [];
    return [`${named(metric.name)} (${first.detectable.error})`];
  })).flat();
  const sentences = found.flat();
  const unknown = none.length === 0 ? [] : [`not known for ${none.join("; ")}`];
  if (sentences.length === 0) return unknown.map((text) => ({ kind: "paragraph", text: `Power: ${text}.` }));
  const { size = 0, correction } = families[0] ?? {};
  const strict = size > 1 && correction !== "none" ? ` shared by ${count(size)} tests` : "";
  return [
    {
      kind: "paragraph",
      text: `Power: smallest true difference that this design finds four times out of five, if values spread as they do here, at level ${options.significanceLevel}${strict}. ${[...sentences, ...unknown].join("; ")}.${skewedWords(metrics)}`,
    },
  ];
}

/** A `-T` parameter as one word of a shell; a secret from its variable. */
const parameterWord = (key: string, value: string, secrets: Readonly<Record<string, string>>): string => {
  const variable = ownMember(secrets, key);
  return variable === undefined ? shellWord(`${key}=${value}`) : `${shellWord(`${key}=`)}"$${variable}"`;
};

/** Few values with a long tail show less than their spread more often than more, so that the difference told is found less often. */
function skewedWords(metrics: Analysis["metrics"]): string {
  const skewed = metrics.filter(
    ({ summaries, comparisons }) =>
      comparisons.some(({ detectable }) => detectable.ok) &&
      summaries.some(({ caution }) => caution?.includes("are skewed and")),
  );
  if (skewed.length === 0) return "";
  const names = listed(skewed.map(({ metric }) => metric.name));
  return ` Values of ${names} are skewed: such a difference is then found less often, of lognormal values about three times out of four.`;
}

/** Versions and machine, and the line that runs it again. */
export function reproduction({
  experimentId,
  file,
  parameters,
  secrets = {},
  seed,
  environment,
  plan,
  dataset,
  experiment,
  flags,
  code,
}: Manifest): Block[] {
  const { git } = environment;
  const settings = { seed, ...flags?.settings };
  const words = [
    flagWords({ ...flags, settings }),
    ...Object.entries(parameters).map(([key, value]) => `-T ${parameterWord(key, value, secrets)}`),
  ];
  const facts: [string, string][] = [
    ["Experiment", `${experimentId}${experiment.version ? `, version ${experiment.version}` : ""}`],
    ...(file ? [["File", file] as [string, string]] : []),
    [
      "Commit",
      git ? `${git.commit}${git.dirty ? ", with changes that are not committed" : ""}` : "not in a git repository",
    ],
    ["Versions", `crucible-harness ${environment.crucible}, Node ${environment.node}`],
    ["Machine", `${environment.platform}, ${environment.cpus} processors, ${environment.memoryGb} GB`],
    [
      "Code compared when it is resumed",
      code
        ? `the file and what it imports, digest ${code.digest}`
        : "the text of the functions of its conditions alone",
    ],
    ...Object.entries(code?.variables ?? {}).map(([name, value]): [string, string] => [
      `Environment variable ${name}`,
      value ?? "not set",
    ]),
    ...Object.entries(secrets).map(([name, variable]): [string, string] => [
      `Parameter ${name}`,
      `a secret: not stored; give it again, or set the environment variable ${variable}`,
    ]),
    ["Dataset digest", dataset.digest],
    ["Plan digest", plan.hash],
  ];
  const command = `crucible run ${file === undefined ? "<experiment file>" : shellWord(file)} ${words.join(" ")}\ncrucible report ${experimentId} --formats markdown,html`;
  return [
    { kind: "table", table: factsTable("environment", "Where it ran", facts) },
    { kind: "code", language: "sh", text: command },
  ];
}
