import Mustache from "mustache";
import { failedLines } from "./digest.ts";
import { escapeXml } from "./escape.ts";
import { GATES, gateWords } from "./gates.ts";
import { type Block, type Renderer, type Report, type TableRow, tablesOf } from "./report.ts";

const template = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="{{title}}" tests="{{tests}}" failures="{{failures}}" errors="{{errors}}">
  <testsuite name="{{title}}" tests="{{tests}}" failures="{{failures}}" errors="{{errors}}" skipped="0" timestamp="{{timestamp}}" id="{{id}}">
    <testcase classname="{{title}}.run" name="every planned task has ended">{{#pending}}
      <error type="partial" message="{{.}}"/>
    {{/pending}}</testcase>
    <testcase classname="{{title}}.run" name="no task failed">{{#failed}}
      <failure type="failed tasks" message="{{.}}"/>
    {{/failed}}</testcase>
{{#gates}}
    <testcase classname="{{title}}.gates" name="{{name}}">
      <properties>
{{#properties}}
        <property name="{{name}}" value="{{value}}"/>
{{/properties}}
      </properties>
{{#missed}}
      <failure type="gate" message="{{.}}"/>
{{/missed}}
    </testcase>
{{/gates}}
    <system-out>{{output}}</system-out>
  </testsuite>
</testsuites>
`;

/** JUnit XML for a build server: the quality gates as test cases, and two of the run: that every planned task has ended, and that no task failed. No name holds an id of the run. */
export const junit: Renderer = (report) => {
  const table = tablesOf(report).find(({ id }) => id === GATES);
  const gates = (table?.rows ?? []).map((row) => gateCase(row, table!.columns));
  const failed = failedLines(report.digest);
  const view = {
    title: report.title,
    id: report.experimentId,
    timestamp: report.date,
    tests: gates.length + 2,
    failures: gates.filter(({ missed }) => missed.length > 0).length + (failed.length > 0 ? 1 : 0),
    errors: report.partial ? 1 : 0,
    pending: report.partial ? [`${report.status.replaceAll("_", " ")}: tasks are still to run`] : [],
    failed: failed.slice(0, 1),
    gates,
    output: outputOf(report),
  };
  return Mustache.render(
    template,
    view,
    {},
    { escape: (text) => escapeXml(String(text)).replace(/[\t\n\r]/g, (c) => `&#${c.charCodeAt(0)};`) },
  );
};

function gateCase({ cells }: TableRow, columns: readonly { readonly label: string }[]) {
  const texts = cells.map(({ text }) => text);
  const [gate, wanted, measured, verdict] = texts;
  return {
    name: `${gate} ${wanted}`,
    properties: texts.map((value, i) => ({ name: columns[i]!.label, value })),
    missed: verdict === gateWords.missed ? [`asked: ${wanted}; measured: ${measured}`] : [],
  };
}

/** What was found, in words. */
const outputOf = (report: Report): string => {
  const { abstract, sections } = report;
  return [
    ...abstract,
    ...sections
      .filter(({ id }) => id === "findings")
      .flatMap(({ blocks }) => blocks)
      .flatMap((block) =>
        block.kind === "list"
          ? titled(block)
          : block.kind === "warning" || block.kind === "paragraph"
            ? [block.text]
            : [],
      ),
    ...failedLines(report.digest).map((line) => `Why tasks failed: ${line}`),
  ].join("\n");
};

const titled = ({ title, items }: Extract<Block, { kind: "list" }>): string[] =>
  items.map((item) => (title === undefined ? item : `${title}: ${item}`));
