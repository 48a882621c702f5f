import { z } from "zod";

export const lineageSchema = z.strictObject({
  traceId: z.string().optional().describe("trace that the run belongs to"),
  workId: z.string().optional().describe("unit of work"),
  planId: z.string().optional().describe("plan that the work follows"),
  stepId: z.string().optional().describe("step of the plan"),
});

/** Ids of a surrounding system, carried to every result and every fact. */
export interface Lineage {
  readonly traceId?: string | undefined;
  readonly workId?: string | undefined;
  readonly planId?: string | undefined;
  readonly stepId?: string | undefined;
}
