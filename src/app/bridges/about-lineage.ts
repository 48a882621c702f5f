import type { Attributes } from "@opentelemetry/api";
import type { Lineage } from "#src/experiment/lineage";

const names = { traceId: "trace_id", workId: "work_id", planId: "plan_id", stepId: "step_id" } as const;

/**
 * The ids of a surrounding system, as the row of a task has them, as attributes of its span.
 *
 * @example aboutLineage({ traceId: "t" }) // => { "crucible.lineage.trace_id": "t" }
 */
export const aboutLineage = (lineage: Lineage = {}): Attributes =>
  Object.fromEntries(
    Object.entries(names).flatMap(([name, attribute]) => {
      const id = lineage[name as keyof Lineage];
      return id === undefined ? [] : [[`crucible.lineage.${attribute}`, id]];
    }),
  );
