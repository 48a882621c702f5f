import { type JudgePairsOptions, judgesOf, startJudgingPairs } from "#src/app/judge-pairs";
import type { RunReport } from "#src/app/run-report";
import { judgeBlocks } from "#src/reports/judges";
import { fittingTable, wrapped } from "#src/reports/terminal";
import type { Flags } from "./arguments.ts";
import type { Line } from "./colour.ts";
import { loadAhead } from "./load-ahead.ts";
import { type Following, follow } from "./run.ts";
import { acceptedChanges, commonOptions } from "./run-options.ts";

/** `crucible pairs <id>`. @returns the exit code */
export async function judgeRun(experimentId: string, flags: Flags): Promise<number> {
  await loadAhead();
  const { file, judge, compare, baseline, criterion, id, T } = flags as {
    file?: string;
    judge?: string[];
    compare?: string[];
    baseline?: string;
    criterion?: string;
    id?: string;
    T?: Record<string, string>;
  };
  const options: JudgePairsOptions = {
    ...(await commonOptions(flags)),
    ...acceptedChanges(flags),
    ...(file === undefined ? {} : { file }),
    ...(judge === undefined ? {} : { judges: judge }),
    ...(compare === undefined ? {} : { compare }),
    ...(baseline === undefined ? {} : { baseline }),
    ...(criterion === undefined ? {} : { criterion }),
    ...(id === undefined ? {} : { id }),
    ...(T === undefined ? {} : { parameters: T }),
  };
  const again = `pairs ${experimentId}${file === undefined ? "" : ` --file ${file}`}${judge === undefined ? "" : ` --judge ${judge.join(" ")}`}${id === undefined ? "" : ` --id ${id}`}`;
  return follow(startJudgingPairs(experimentId, options), flags, { again, more: strengths });
}

/** Who is preferred, how sure that is, and how consistent the judges are. */
function strengths(report: RunReport): ReturnType<NonNullable<Following["more"]>> {
  const judges = judgesOf(report);
  const lines = (columns?: number): Line[] =>
    judgeBlocks(judges).flatMap((block): Line[] => {
      if (block.kind === "table")
        return [{ text: "" }, ...fittingTable(block.table, columns).map((text): Line => ({ text, fixed: true }))];
      if (block.kind !== "warning" && block.kind !== "paragraph") return [];
      const text = block.kind === "warning" ? `! ${block.text}` : block.text;
      return wrapped(text, columns).map(
        (line): Line => ({ text: line, ...(block.kind === "warning" ? { tone: "bad" } : {}) }),
      );
    });
  return { json: { judges }, lines };
}
