import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { run } from "#src/app/run";
import { scripted } from "#src/backends/scripted";
import { defineExperiment } from "#src/experiment/define";
import { ConfigError } from "#src/kernel/errors";
import { answer, choice, exact, f1, includes, match, modelGraded, numeric, type Scorer } from "#src/scoring/index";
import { generate, generateWith, multipleChoice, TaskState } from "#src/solver/index";
import { memoryStore } from "#src/store/memory";

/** A situation from public bug reports of evaluation harnesses, in own words. `want` holds every outcome that is right. */
interface Case {
  readonly id: number;
  readonly scorer?: "exact";
  readonly options?: object;
  readonly argument?: "letter";
  readonly choices?: readonly string[];
  readonly multipleCorrect?: boolean;
  readonly target?: readonly string[];
  readonly row?: object;
  readonly datasetConfig?: object;
  readonly solver?: string;
  readonly scorers?: readonly "exact"[];
  readonly reply?: string;
  /** A long reply: texts, and how often each is repeated. */
  readonly pieces?: readonly (readonly [string, number])[];
  readonly answer?: string;
  readonly want: readonly unknown[];
}

const read = (file: string): readonly Case[] => JSON.parse(readFileSync(file, "utf8"));
const cases = [...read("test/scoring/cases.json"), ...read("test/scoring/more-cases.json")];
const replyOf = ({ reply, pieces = [] }: Case): string =>
  reply ?? pieces.map(([text, times]) => text.repeat(times)).join("");

const makers = { answer, choice, exact, f1, includes, match, numeric };

function scorerOf({ scorer, options, argument }: Pick<Case, "scorer" | "options" | "argument">): Scorer {
  const make = makers[scorer!] as (...given: unknown[]) => Scorer;
  return argument === undefined ? make(options) : make(argument, options);
}

async function direct(one: Case): Promise<unknown> {
  const { choices, target = [], multipleCorrect = false } = one;
  const solver = choices ? multipleChoice({ multipleCorrect }) : generate();
  const start = TaskState.from({ id: "s", input: "q", target, ...(choices ? { choices } : {}) });
  const state = await solver(start, generateWith(scripted([replyOf(one)])));
  return (await scorerOf(one)(state, target)).value;
}

async function graded(one: Case): Promise<unknown> {
  const state = await generate()(TaskState.from({ id: "s", input: "q" }), generateWith(scripted(["an answer"])));
  return (await modelGraded({ model: scripted([replyOf(one)]) })(state, one.target ?? [])).value;
}

async function inRun(one: Case): Promise<unknown> {
  const experiment = defineExperiment({
    name: "case",
    dataset: [one.row],
    ...(one.datasetConfig ? { datasetConfig: one.datasetConfig } : {}),
    conditions: [
      {
        name: "c",
        solver: one.solver === "multipleChoice" ? multipleChoice() : generate(),
        scorers: one.scorers!.map((scorer) => scorerOf({ scorer })),
        backend: scripted([replyOf(one)]),
      },
    ],
    metrics: ["accuracy"],
  });
  const { results } = await run(experiment, { store: () => memoryStore(), formats: [], observe: false });
  const accuracy = results[0]?.metrics.accuracy ?? null;
  return accuracy === 1 ? true : accuracy === 0 ? false : accuracy;
}

async function outcomeOf(one: Case): Promise<unknown> {
  try {
    return await (one.row ? inRun : (one.scorer as string) === "modelGraded" ? graded : direct)(one);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return "refused";
    throw thrown;
  }
}

describe("replies and targets from public bug reports", () => {
  it.each(
    cases.map(
      (one) =>
        [
          one.id,
          one.scorer ?? "run",
          JSON.stringify(one.target ?? one.row),
          JSON.stringify(replyOf(one)).slice(0, 80),
          one,
        ] as const,
    ),
  )(
    "case %i: %s with %s and %s",
    async (_, __, ___, ____, one) => {
      expect(one.want).toContainEqual(await outcomeOf(one));
    },
    30_000, // the first run loads what a run needs
  );
});
