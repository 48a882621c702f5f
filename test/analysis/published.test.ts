import { expect, it } from "vitest";
import { type Analysis, analyse, type PlainRow, type Quantity } from "#src/analysis/index";
import { passHatK } from "#src/stats/pass-at-k";
import { describeShared, sharedLines, sharedText } from "./shared-data.ts";

const numberOf = (quantity: Quantity | undefined): number => (quantity?.ok ? quantity.value : Number.NaN);
const pair = (analysis: Analysis, condition: string, against: string, metric = 0) => {
  const found = analysis.metrics[metric]!.comparisons.find(
    (one) => one.condition === condition && one.against === against,
  );
  if (!found) throw new Error(`no pair ${condition}, ${against}`);
  return found;
};

describeShared(
  "GSM8K, four models on 1,319 problems (Cobbe et al. 2021)",
  "gsm8k/example_model_solutions.jsonl",
  () => {
    const models = ["6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"] as const;
    type Solutions = Record<(typeof models)[number], { is_correct: boolean }>;
    const rows = (): PlainRow[] =>
      sharedLines<Solutions>("gsm8k/example_model_solutions.jsonl").flatMap((line, i) =>
        models.map((condition) => ({ condition, itemId: i, accuracy: line[condition].is_correct })),
      );
    const analysis = analyse(rows(), { metrics: ["accuracy"], conditions: models });

    it("gives the four accuracies", () => {
      const accuracies = analysis.metrics[0]!.summaries.map(({ estimate }) =>
        (100 * numberOf(estimate.value)).toFixed(2),
      );
      expect(accuracies).toEqual(["21.68", "39.04", "34.72", "56.25"]);
    });

    it("compares the same problems by the exact McNemar test", () => {
      const small = pair(analysis, "175b_finetuning", "6b_verification");
      expect(small.test).toBe("exact McNemar test");
      expect(numberOf(small.p)).toBeCloseTo(0.00315, 5);
      expect(small.verdict).toBe("worse");
      expect(numberOf(pair(analysis, "175b_verification", "175b_finetuning").p).toExponential(1)).toBe("2.9e-45");
    });

    it("adjusts over the six pairs of the one metric", () => {
      expect(analysis.families).toMatchObject([{ role: "primary", size: 6, pairs: 6, correction: "min-p" }]);
    });
  },
);

describeShared(
  "BIG-Bench Hard, Codex with and without chain of thought (Suzgun et al. 2022)",
  "bbh/codex_results.jsonl",
  () => {
    interface Line {
      task: string;
      i: number;
      direct: { correct: boolean };
      cot: { correct: boolean };
    }
    const lines = sharedLines<Line>("bbh/codex_results.jsonl").filter(({ task }) => task !== undefined);
    const tasks = [...new Set(lines.map(({ task }) => task))];
    const conditions = tasks.flatMap((task) =>
      (["direct", "cot"] as const).map((way) => ({ name: `${task} ${way}`, factors: { task } })),
    );
    const rows = lines.flatMap(({ task, i, direct, cot }): PlainRow[] => [
      { condition: `${task} direct`, itemId: `${task}/${i}`, accuracy: direct.correct },
      { condition: `${task} cot`, itemId: `${task}/${i}`, accuracy: cot.correct },
    ]);
    const analysis = analyse(rows, { metrics: ["accuracy"], conditions, pairs: { within: "task" } });
    const pOf = (task: string) => numberOf(pair(analysis, `${task} cot`, `${task} direct`).p);
    const holm = analyse(rows, {
      metrics: ["accuracy"],
      conditions,
      pairs: { within: "task" },
      multipleTestingCorrection: "holm",
    });
    const adjusted = (task: string, by = holm) => numberOf(pair(by, `${task} cot`, `${task} direct`).pAdjusted);

    it("gives all 54 accuracies that the authors shipped", () => {
      const shipped = sharedText("bbh/published_eval_metrics.csv")
        .trim()
        .split(/\r?\n/)
        .slice(1)
        .map((line) => line.split(","));
      expect(shipped).toHaveLength(27);
      for (const [task, direct, cot] of shipped) {
        const of = (way: string) =>
          100 *
          numberOf(
            analysis.metrics[0]!.summaries.find(({ condition }) => condition === `${task} ${way}`)?.estimate.value,
          );
        expect(of("direct"), `${task} direct`).toBeCloseTo(Number(direct), 6);
        expect(of("cot"), `${task} cot`).toBeCloseTo(Number(cot), 6);
      }
    });

    it("pairs only within a task and takes the 27 tests as one family", () => {
      expect(analysis.families[0]!.size).toBe(27);
      expect(analysis.metrics[0]!.comparisons.every(({ design }) => design === "paired")).toBe(true);
    });

    it("gives the exact McNemar p of each task", () => {
      expect(pOf("navigate").toExponential(0)).toBe("3e-28");
      expect(pOf("causal_judgement")).toBeCloseTo(0.0474, 4);
      expect(pOf("word_sorting")).toBeCloseTo(0.0022, 4);
      expect(pOf("ruin_names")).toBeCloseTo(0.0498, 4);
      expect(pOf("snarks")).toBeCloseTo(0.81, 2);
      expect(pOf("formal_fallacies")).toBeCloseTo(0.71, 2);
      expect(tasks.filter((task) => pOf(task) < 0.05)).toHaveLength(22);
    });

    it("adjusts by Holm: six of the 22 fall out", () => {
      const golden = {
        causal_judgement: 0.332,
        ruin_names: 0.332,
        penguins_in_a_table: 0.169,
        dyck_languages: 0.169,
        movie_recommendation: 0.161,
        disambiguation_qa: 0.101,
        word_sorting: 0.0267,
        logical_deduction_seven_objects: 0.0185,
      };
      for (const [task, p] of Object.entries(golden)) expect(adjusted(task), task).toBeCloseTo(p, p < 0.1 ? 4 : 3);
      expect(tasks.filter((task) => adjusted(task) < 0.05)).toHaveLength(16);
    });

    it("finds the same 16 in a single step, since tests of few differing items cannot raise a false alarm", () => {
      const found = (by: typeof holm) => tasks.filter((task) => adjusted(task, by) < 0.05);
      expect(found(analysis)).toEqual(found(holm));
      expect(analysis.families[0]!.alpha).toBeGreaterThan(0.05 / 27);
    });

    it("says where chain of thought is worse", () => {
      expect(pair(analysis, "word_sorting cot", "word_sorting direct").verdict).toBe("worse");
      expect(pair(analysis, "causal_judgement cot", "causal_judgement direct").verdict).toBe("not distinguishable");
    });
  },
);

describeShared(
  "tau-bench airline, gpt-4o, 50 tasks four times each (Yao et al. 2024)",
  "taubench/gpt4o_airline_runs.jsonl",
  () => {
    interface Trial {
      task_id: number;
      trial: number;
      reward: number;
    }
    const trials = sharedLines<Trial>("taubench/gpt4o_airline_runs.jsonl");
    const rows = trials.map(
      ({ task_id, trial, reward }): PlainRow => ({ condition: "gpt-4o", itemId: task_id, repeat: trial, reward }),
    );

    it("averages repeats within the task: pass^1 is .420 over 50 tasks, not 200", () => {
      const [metric] = analyse(rows, { metrics: ["reward"] }).metrics;
      const [summary] = metric!.summaries;
      expect(numberOf(summary!.estimate.value)).toBeCloseTo(0.42, 10);
      expect(summary).toMatchObject({ n: 50, tasks: 200 });
      const naive = Math.sqrt((0.42 * 0.58) / 199);
      expect(numberOf(summary!.sem)).toBeGreaterThan(naive * 1.4);
    });

    it("gives pass^k as the mean over tasks of C(c, k) / C(4, k)", () => {
      const solved = new Map<number, number>();
      for (const { task_id, reward } of trials) solved.set(task_id, (solved.get(task_id) ?? 0) + reward);
      const perTask = [...solved].map(
        ([itemId, c]): PlainRow => ({
          condition: "gpt-4o",
          itemId,
          metrics: Object.fromEntries(
            [1, 2, 3, 4].map((k) => [`pass_hat_${k}`, numberOf(passHatK({ n: 4, passed: c }, k))]),
          ),
        }),
      );
      const analysis = analyse(perTask, { metrics: [1, 2, 3, 4].map((k) => `pass_hat_${k}`) });
      expect(analysis.metrics.map(({ summaries }) => numberOf(summaries[0]!.mean).toFixed(3))).toEqual([
        "0.420",
        "0.273",
        "0.220",
        "0.200",
      ]);
    });
  },
);

describeShared(
  "Reflexion on HumanEval, GPT-4 (Shinn et al. 2023)",
  "reflexion/humaneval_gpt4_simple_vs_reflexion.jsonl",
  () => {
    it("solves 150 of 164 against 141, exact McNemar p = .0117", () => {
      interface Line {
        task_id: string;
        gpt4_simple: boolean;
        gpt4_reflexion: boolean;
      }
      const rows = sharedLines<Line>("reflexion/humaneval_gpt4_simple_vs_reflexion.jsonl").flatMap(
        ({ task_id, gpt4_simple, gpt4_reflexion }): PlainRow[] => [
          { condition: "simple", itemId: task_id, solved: gpt4_simple },
          { condition: "reflexion", itemId: task_id, solved: gpt4_reflexion },
        ],
      );
      const analysis = analyse(rows, { metrics: ["solved"] });
      expect(analysis.metrics[0]!.summaries.map(({ mean, n }) => Math.round(numberOf(mean) * n))).toEqual([141, 150]);
      const found = pair(analysis, "reflexion", "simple");
      expect(numberOf(found.p)).toBeCloseTo(0.0117, 4);
      expect(found.verdict).toBe("better");
    });
  },
);
