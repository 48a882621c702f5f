import type { RunReport } from "#src/app/run-report";
import { gateSentence } from "#src/reports/gates";

type Judged = Pick<RunReport, "status" | "reason" | "gates" | "accounting">;

/** Whether a report passes its gates, and the sentence for the other case. A run that did not complete, or has no gate, passes none. */
export function gatesVerdict(value: unknown): { readonly passed: boolean; readonly sentence: string } {
  const no = (sentence: string) => ({ passed: false, sentence });
  if (!isReport(value)) return no("expected the report of a run: await run(experiment)");
  const { status, reason, accounting } = value;
  const gates = value.gates.filter(({ afterwards }) => !afterwards);
  if (status !== "completed" && status !== "stopped_early") {
    const done = `${accounting.planned - accounting.pending} of ${accounting.planned} tasks ended`;
    return no(
      `expected the run to complete: it is ${status.replaceAll("_", " ")}${reason ? ` (${reason})` : ""}; ${done}`,
    );
  }
  if (gates.length === 0) return no("expected gates, and the experiment has none that counts: add `gates` to it");
  const missed = gates.filter(({ passed }) => !passed);
  const lines = missed.map((result) => `\n  ${gateSentence(result)}`);
  if (missed.length > 0)
    return no(`expected all gates to pass: ${missed.length} of ${gates.length} missed${lines.join("")}`);
  return { passed: true, sentence: `expected a gate to be missed: all ${gates.length} passed` };
}

const isReport = (value: unknown): value is Judged =>
  typeof value === "object" && value !== null && Array.isArray((value as Judged).gates) && "accounting" in value;
