import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { beforeAll, describe, expect, it } from "vitest";
import { jupyter, type Report } from "#src/reports/index";
import { exampleReport, hostileReport } from "./examples.ts";

interface Notebook {
  nbformat_minor: number;
  metadata: { kernelspec: unknown };
  cells: { id: string; cell_type: string; source: string[] }[];
}

/** The official schema of Jupyter (BSD-3, github.com/jupyter/nbformat, nbformat 5.5.0). It is draft 4, which ajv reads once it is not told. */
const { $schema: _, ...schema } = JSON.parse(
  readFileSync(new URL("../golden/reports/nbformat.v4.5.schema.json", import.meta.url), "utf8"),
) as Record<string, unknown>;
const isNotebook = new Ajv({ strict: false }).compile(schema);

describe("the notebook", () => {
  let reports: Report[];
  beforeAll(async () => {
    reports = [await exampleReport(), await hostileReport()];
  });
  const notebooks = (): Notebook[] => reports.map((report) => JSON.parse(jupyter(report)) as Notebook);

  it("is valid nbformat 4.5", () => {
    for (const notebook of notebooks()) expect(isNotebook(notebook), JSON.stringify(isNotebook.errors?.[0])).toBe(true);
    expect(isNotebook({ ...notebooks()[0], extra: 1 })).toBe(false);
  });

  it("has cell ids that are unique and the same for the same report", () => {
    const [first, again] = [notebooks()[0]!, notebooks()[0]!];
    const ids = first.cells.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(again.cells.map(({ id }) => id)).toEqual(ids);
  });

  it("loads the CSV that is written beside it", () => {
    const code = notebooks()[0]!
      .cells.filter(({ cell_type }) => cell_type === "code")
      .map(({ source }) => source.join(""));
    expect(code[0]).toContain('Path("exp_example_report.csv")');
  });
});
