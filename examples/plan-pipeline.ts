/**
 * A plan as a pipeline: named steps that wait for one another, in any object of the shape `{ id, steps: { name: { dependsOn } } }`, done in
 * order by a function of one's own. Every step is told which trace, work and plan it belongs to, and so is every result.
 *
 *     npx crucible run examples/plan-pipeline.ts
 */
import { defineExperiment } from "crucible-harness";
import { scripted } from "crucible-harness/backends";
import { includes } from "crucible-harness/scoring";
import { generate, type PlanOptions, planToChain, systemMessage } from "crucible-harness/solver";

/** Written in no order; `prepare` comes first and `polish` last all the same. */
const plan = {
  id: "explain",
  steps: {
    polish: { dependsOn: "generate", does: "polish" },
    generate: { dependsOn: ["prepare", "recall"], does: "ask" },
    recall: { does: "recall" },
    prepare: { does: "instruct" },
  },
} as const;

type Step = { readonly dependsOn?: string | readonly string[] | undefined; readonly does: string };

/** Does one step, and leaves behind what it was told about itself. */
const stepRunner: PlanOptions<Step>["stepRunner"] = async (state, step, { traceId, planId, stepId }, ask) => {
  const trail = [...((state.store.trail as string[] | undefined) ?? []), `${traceId}/${planId}/${stepId}`];
  const at = state.put("trail", trail);
  switch (step.does) {
    case "instruct":
      return systemMessage("Explain briefly.")(at, ask);
    case "recall":
      return at.setUserPrompt(`${at.userPrompt.content} Remember: recursion ends at a base case.`);
    case "ask":
      return generate({ maxTokens: 100 })(at, ask);
    default:
      return at.setMetadata({ trail, steps: trail.length });
  }
};

const lineage = { traceId: "trace-1", workId: "work-7" };
const backend = scripted((messages) =>
  messages.some(({ content }) => content.includes("Remember"))
    ? "A function that calls itself until a base case."
    : "A function that calls itself.",
);
const scorers = [includes()];

export default defineExperiment({
  name: "Plan pipeline",
  dataset: [{ id: "sample-1", input: "Explain recursion.", target: "base case" }],
  conditions: [
    { name: "generate only", solver: generate({ maxTokens: 100 }), scorers, backend, estimatedCost: 0 },
    {
      name: "plan",
      solver: planToChain<Step>(plan, { stepRunner, lineage }),
      scorers,
      backend,
      estimatedCost: 0,
    },
  ],
  metrics: ["accuracy", "tokens"],
  lineage: { ...lineage, planId: plan.id },
});
