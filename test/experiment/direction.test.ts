import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defineExperiment, type ExperimentInput } from "#src/experiment/define";
import { describe as describeExperiment } from "#src/experiment/describe";
import {
  directionOfName,
  higherNames,
  lowerNames,
  scorerNames,
  turningWords,
  wordsOf,
} from "#src/experiment/direction";
import { directionOf, readMetric } from "#src/experiment/metrics";
import { nameOf } from "#src/scoring/index";
import { everyScorer } from "../scoring/every-scorer.ts";
import { expectLinear, repeated } from "../support.ts";

fc.configureGlobal({ seed: 42 });

const known = [...higherNames, ...lowerNames];
const oneOf = (names: readonly string[]) => fc.constantFrom(...names);
const unknown = fc
  .stringMatching(/^[a-z]{3,9}$/)
  .filter((word) => directionOfName(word) === "none" && !turningWords.includes(word));

describe("which way a metric is better", () => {
  it("is known of every published name, and of none of the words that turn one", () => {
    for (const name of higherNames) expect([name, directionOfName(name)]).toEqual([name, "higher"]);
    for (const name of lowerNames) expect([name, directionOfName(name)]).toEqual([name, "lower"]);
    for (const word of turningWords) expect([word, directionOfName(word)]).toEqual([word, "none"]);
    for (const name of scorerNames)
      for (const own of [name, `not_${name}`, `${name}1`]) expect([own, directionOfName(own)]).toEqual([own, "higher"]);
    expect(new Set(known).size).toBe(known.length);
  });

  it("is known of every scorer that comes with the library", () => {
    for (const { scorer } of Object.values(everyScorer))
      expect([nameOf(scorer), directionOfName(nameOf(scorer))]).toEqual([nameOf(scorer), "higher"]);
  });

  it("is read from whole words, however they are joined", () => {
    const joined = fc.constantFrom(
      ...[
        (words: readonly string[]) => words.join("_"),
        (words: readonly string[]) => words.join("-"),
        (words: readonly string[]) => words.join("."),
        (words: readonly string[]) => words.join("@"),
        (words: readonly string[]) => words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join(""),
        (words: readonly string[]) => words.map((word) => word.toUpperCase()).join("_"),
      ],
    );
    fc.assert(
      fc.property(unknown, oneOf(known), unknown, joined, (before, name, after, join) => {
        expect(directionOfName(join([before, ...wordsOf(name), after]))).toBe(directionOfName(name));
      }),
    );
  });

  it("is never read from a part of a word", () => {
    fc.assert(
      fc.property(unknown, oneOf(known), (word, name) => {
        const glued = word + name.replaceAll(/[^a-z]/g, "") + word;
        expect(directionOfName(glued)).toBe("none");
      }),
    );
    expect(
      ["sentiment", "costume", "passport", "lossless", "customers", "terror", "time_of_day"].map(directionOfName),
    ).toEqual(Array(7).fill("none"));
  });

  it("is nobody's guess where names of both kinds, or a turning word, stand together", () => {
    fc.assert(
      fc.property(oneOf(higherNames), oneOf(lowerNames), (up, down) => {
        const both = directionOfName(`${up}_${down}`);
        expect([both, directionOfName(`${down}_${up}`)]).toSatisfy((two: string[]) => two.includes("none"));
      }),
    );
    fc.assert(
      fc.property(oneOf(known), oneOf(turningWords), (name, word) => {
        expect(directionOfName(`${word}_${name}`)).toSatisfy(
          (way) => way === "none" || known.includes(`${word} ${name}`),
        );
        const behind = directionOfName(`${name}_${word}`);
        expect(behind).toBe("none");
      }),
    );
    expect(
      [
        "accuracy_loss",
        "neg_mean_squared_error",
        "toxicity_detection_accuracy",
        "cost_savings",
        "error_free",
        "win_loss",
      ].map(directionOfName),
    ).toEqual(Array(6).fill("none"));
  });

  it("is that of what is counted per something", () => {
    fc.assert(
      fc.property(oneOf(known), fc.oneof(unknown, oneOf(known)), (name, each) => {
        expect(directionOfName(`${name}_per_${each}`)).toBe(directionOfName(name));
      }),
    );
  });

  it("is what the definition says, whatever the name", () => {
    for (const direction of ["higher", "lower", "none"] as const)
      expect(readMetric({ name: "accuracy", direction }, ["accuracy"])).toEqual({
        name: "accuracy",
        from: "accuracy",
        aggregate: "mean",
        direction,
      });
  });

  it("is unknown, and that is marked, where it is not given and the name does not say", () => {
    expect(readMetric("score", ["score"])).toMatchObject({ direction: "none", directionUnknown: true });
    expect(readMetric("latency_std", ["latency"])).toMatchObject({ direction: "none", directionUnknown: true });
    expect(directionOf({ name: "errors", from: "accuracy" })).toBe("none");
    expect(directionOf({ name: "slow", from: "latency", aggregate: "p95" })).toBe("lower");
    expect(["toxicity", "hallucination_rate", "wer", "cost_sum", "latency_p99"].map(directionOf)).toEqual(
      Array(5).fill("lower"),
    );
    expect(["bias", "refusals", "sentiment", "length", "rating", "score", "tokens"].map(directionOf)).toEqual(
      Array(7).fill("none"),
    );
  });

  it("is not looked for in a name of 100 kB", async () => {
    expect(directionOfName("accuracy_".repeat(11_000))).toBe("none");
    await expectLinear(directionOfName, repeated("accuracy_"), 100_000);
  });

  it("stands in docs/reports.md name by name", () => {
    const docs = readFileSync(new URL("../../docs/reports.md", import.meta.url), "utf8").replace(/\s+/g, " ");
    for (const names of [higherNames, lowerNames, scorerNames, turningWords]) expect(docs).toContain(names.join(", "));
  });
});

describe("a decision about better and worse", () => {
  const definition = (metric: ExperimentInput["metrics"][number]) => ({
    name: "x",
    dataset: [1],
    conditions: ["a", "b"].map((name) => ({ name, run: () => 1 })),
    metrics: [metric],
  });
  const gates = [{ metric: "score", difference: ["a", "b"], notWorseThan: 0.1 }] as const;
  const statisticalAnalysis = { sequential: { alpha: 0.05, method: "e_value" } } as const;

  it("is refused before the run where nobody knows which way is better, with the words that say it", () => {
    const words =
      'needs to know which way "score" is better. Write metrics: [{ name: "score", direction: "lower" }], or "higher"';
    expect(() => defineExperiment({ ...definition("score"), gates })).toThrow(`gates[0].notWorseThan ${words}`);
    expect(() => defineExperiment({ ...definition("score"), statisticalAnalysis })).toThrow(
      `statisticalAnalysis.sequential ${words}`,
    );
    const neither = { name: "score", direction: "none" } as const;
    expect(() => defineExperiment({ ...definition(neither), gates })).toThrow(words);
  });

  it("is taken where that was said or is known, and a level needs no direction", () => {
    const said = { name: "score", direction: "lower" } as const;
    expect(defineExperiment({ ...definition(said), gates, statisticalAnalysis }).gates).toHaveLength(1);
    expect(defineExperiment({ ...definition("accuracy"), statisticalAnalysis }).repeat).toBe(1);
    const level = [{ metric: "score", condition: "a", atLeast: 1 }] as const;
    expect(defineExperiment({ ...definition("score"), gates: level }).gates).toHaveLength(1);
  });

  it("may be about a number made from others, of which the direction is said", () => {
    const custom = { name: "score", fn: () => 1 };
    const whole = { ...definition("accuracy"), gates };
    expect(() => defineExperiment({ ...whole, customMetrics: [custom] })).toThrow(
      "gates[0].notWorseThan needs to know",
    );
    const experiment = defineExperiment({ ...whole, customMetrics: [{ ...custom, direction: "lower" }] });
    expect(describeExperiment(experiment).customMetrics).toMatchObject([{ name: "score", direction: "lower" }]);
  });
});
