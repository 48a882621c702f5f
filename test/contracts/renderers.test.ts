import { beforeAll, describe, it } from "vitest";
import {
  csv,
  html,
  json,
  junit,
  jupyter,
  latex,
  markdown,
  type Renderer,
  type Report,
  shortOf,
  tablesOf,
  terminal,
} from "#src/reports/index";
import { type RendererUnderTest, rendererContract } from "#src/testing/renderer-contract";
import { exampleReport, hostileReport } from "../reports/examples.ts";
import {
  readCsv,
  readHtml,
  readJson,
  readJunit,
  readLatex,
  readMarkdown,
  readNotebook,
  readTerminal,
} from "../reports/read-back.ts";

let report: Report;
let hostile: Report;
beforeAll(async () => {
  [report, hostile] = [await exampleReport(), await hostileReport()];
});

function contract(
  name: string,
  renderer: Renderer,
  readBack: RendererUnderTest["readBack"],
  more: Pick<RendererUnderTest, "prints"> = {},
): void {
  describe(`the ${name} renderer`, () => {
    const laws = () => rendererContract({ renderer, readBack, report, hostile, ...more });
    for (const [i, law] of rendererContract({ renderer, readBack, report, hostile, ...more }).entries())
      it(law.name, () => laws()[i]!.check());
  });
}

contract("markdown", markdown, readMarkdown);
contract("html", html, readHtml);
contract("latex", latex, readLatex);
contract("csv", csv, readCsv);
contract("json", json, readJson);
contract("jupyter", jupyter, readNotebook);
contract("junit", junit, readJunit, { prints: (of) => tablesOf(of).filter(({ id }) => id === "gates") });
contract("terminal", terminal, readTerminal, { prints: (of) => tablesOf(shortOf(of)) });
