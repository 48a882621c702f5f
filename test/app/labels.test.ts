import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineExperiment, exportLabels, importLabels, memoryStore, run } from "crucible-harness";
import { beforeAll, describe, expect, it } from "vitest";
import { atLabelDesk } from "#src/app/label-desk";
import { labelsIn } from "#src/app/results/labels-in";
import { parseCsv } from "#src/dataset/csv";
import { temporaryFolder } from "../support.ts";

const folder = temporaryFolder();
let files = 0;
const newFile = (text?: string): string => {
  const path = join(folder, `labels${++files}.csv`);
  if (text !== undefined) writeFileSync(path, text);
  return path;
};

/** A run of two conditions whose replies are formulas to a spreadsheet. */
async function labelled() {
  const store = { ...memoryStore(), close: () => {} };
  const experiment = defineExperiment({
    name: "to be labelled",
    dataset: Array.from({ length: 5 }, (_, i) => ({ id: `i${i}`, input: `what is ${i}?`, target: String(i) })),
    conditions: ["secret_one", "secret_two"].map((name) => ({
      name,
      run: ({ id }: { id: string }) => ({ accuracy: 1, completion: `=${id}, "said"\nby it` }),
    })),
    metrics: ["accuracy"],
  });
  const { experimentId } = await run(experiment, { formats: [], store: () => store });
  return { store, experimentId };
}
type Run = Awaited<ReturnType<typeof labelled>>;
type Row = Readonly<Record<string, string>>;
const rowsIn = (path: string): Row[] => parseCsv(readFileSync(path, "utf8"), path).map(({ row }) => row as Row);
const written = (rows: readonly Row[]): string =>
  newFile(
    [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))]
      .map((cells) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(","))
      .join("\n"),
  );

let here: Run;
let rows: Row[];
beforeAll(async () => {
  here = await labelled();
  const to = newFile();
  await exportLabels(here.experimentId, { store: here.store, to });
  rows = rowsIn(to);
});

describe("a file of labels", () => {
  it("has every answer once, blind to its condition, in an order by seed", async () => {
    const { store, experimentId } = here;
    expect(rows).toHaveLength(10);
    expect(new Set(rows.map(({ task }) => task)).size).toBe(10);
    expect(JSON.stringify(rows)).not.toMatch(/secret/);
    expect(rows.map(({ input }) => input)).toEqual(rows.map(({ target }) => `what is ${target}?`));
    const again = async (more: { seed?: number; sample?: number }) => {
      const to = newFile();
      await exportLabels(experimentId, { store, to, ...more });
      return rowsIn(to).map(({ task }) => task);
    };
    const order = rows.map(({ task }) => task);
    expect(await again({})).toEqual(order);
    expect(await again({ sample: 3 })).toEqual(order.slice(0, 3));
    const other = await again({ seed: 7 });
    expect([...other].sort()).toEqual([...order].sort());
    expect(other).not.toEqual(order);
  });

  it("is taken in with rater, time and rubric; a second time nothing is new; a rater's own labels are filled in, and no other's", async () => {
    const { store, experimentId } = await labelled();
    const to = newFile();
    await exportLabels(experimentId, { store, to });
    const typed = ["C", "c", "C ", "C"]; // in either case
    const some = rowsIn(to).map((row, i) => ({ ...row, label: typed[i] ?? "" }));
    const from = written(some);
    const who = { store, from, rater: "ada", rubric: "right or wrong", at: "2026-11-29T14:00:00.000Z" };
    expect(await importLabels(experimentId, who)).toEqual({ added: 4, known: 0, takenBack: 0, empty: 6 });
    expect(await importLabels(experimentId, who)).toEqual({ added: 0, known: 4, takenBack: 0, empty: 6 });
    expect(labelsIn(store)).toHaveLength(4);
    expect(labelsIn(store)[0]).toEqual({
      ordinal: expect.any(Number),
      rater: "ada",
      rubric: "right or wrong",
      label: "C",
      at: who.at,
    });
    const resumed = newFile();
    expect(await exportLabels(experimentId, { store, to: resumed, rater: "ada" })).toEqual({
      answers: 10,
      labelled: 4,
    });
    expect(rowsIn(resumed).map(({ label }) => label)).toEqual(some.map((_, i) => (i < 4 ? "C" : "")));
    await atLabelDesk(experimentId, { store }, (desk) => {
      const { task, label } = desk.last("ada", who.rubric)!;
      return desk.takeBack({ task, label, rater: "ada", rubric: who.rubric });
    });
    await exportLabels(experimentId, { store, to: resumed, rater: "ada" });
    const [undone, ...more] = rowsIn(resumed).filter(({ takenBack }) => takenBack !== "");
    expect([undone!.label, undone!.takenBack, more]).toEqual(["", expect.stringMatching(/^ada took back C at 20/), []]);
    // an older file does not give it again, one without a time has to say when, and a later one does
    expect(
      await importLabels(experimentId, { ...who, from: written(some.map((row) => ({ ...row, at: who.at }))) }),
    ).toEqual({
      added: 0,
      known: 3,
      takenBack: 1,
      empty: 6,
    });
    await expect(importLabels(experimentId, who)).rejects.toThrow(
      /must say when: "ada" took back "C" of this answer at 20/,
    );
    expect(labelsIn(store)).toHaveLength(3);
    const later = written(some.map((row) => ({ ...row, at: "2999-01-01" })));
    expect(await importLabels(experimentId, { ...who, from: later })).toMatchObject({
      added: 1,
      known: 3,
      takenBack: 0,
    });

    const others = newFile();
    await exportLabels(experimentId, { store, to: others, rater: "bob" });
    expect(rowsIn(others).every(({ label, rater, takenBack }) => !label && !takenBack && rater === "bob")).toBe(true);
  });
});

describe("a file of labels as a spreadsheet saves it", () => {
  it("is read with semicolons and tabs, in UTF-8 with a mark and in UTF-16; no other letters are guessed", async () => {
    const { store, experimentId } = await labelled();
    const to = newFile();
    await exportLabels(experimentId, { store, to });
    const own = rowsIn(to).map(({ task }) => [task!, '"two\r\nlines"', "C", "adé"]);
    const text = (sign: string): string =>
      [["task", "reply", "label", "rater"], ...own].map((cells) => cells.join(sign)).join("\r\n");
    const asked = async (bytes: Uint8Array | string): Promise<string> => {
      const from = newFile();
      writeFileSync(from, bytes);
      return importLabels(experimentId, { store, from, rubric: "r" }).then(
        ({ added, known }) => `${added} added, ${known} known`,
        ({ message }: Error) => message.replaceAll(from, "file"),
      );
    };
    expect(await asked(`\uFEFF${text(";")}\r\n;;;\r\n`)).toBe("10 added, 0 known");
    expect(await asked(Buffer.from(`\uFEFF${text("\t")}`, "utf16le"))).toBe("0 added, 10 known");
    expect(await asked(Buffer.from(text(","), "latin1"))).toMatch(
      /^file:3 must be UTF-8, but its byte \d+ \(e9\) is not/,
    );
  });
});

describe("labels that are wrong are refused as a whole, with the line", () => {
  const refused = async (
    change: (rows: readonly Row[]) => readonly Row[],
    more: { rubric?: string; rater?: string } = { rubric: "r", rater: "ada" },
  ): Promise<string> => {
    const from = written(change(rows.map((row) => ({ ...row, label: "C" }))));
    const before = labelsIn(here.store).length;
    const sentence = await importLabels(here.experimentId, { store: here.store, from, ...more }).then(
      () => "it was taken",
      ({ message }: Error) => message.replaceAll(from, "file"),
    );
    expect(labelsIn(here.store)).toHaveLength(before);
    return sentence;
  };

  it("an answer that is not of this run", async () => {
    expect(await refused(([first, ...others]) => [...others, { ...first!, task: "other" }])).toMatch(
      /^file:\d+ must name an answer of this run, got "other"/,
    );
  });

  it("two labels of one rater", async () => {
    expect(await refused((all) => [...all, { ...all[0]!, label: "I" }])).toMatch(
      /^file:\d+ must not label an answer twice: "ada" said "C" of it \(file:\d+\), got "I"/,
    );
  });

  it("a rubric that changes on the way", async () => {
    expect(await refused((all) => all.map((row, i) => ({ ...row, rubric: i < 6 ? "old" : "new" })))).toMatch(
      /^file:\d+: rubric must be the one by which "ada" labelled before, "old" \(file:\d+\), got "new"\. Labels by two rubrics do not mix/,
    );
  });

  it("of an empty file, and a file that cannot be written", async () => {
    const empty = newFile("");
    await expect(importLabels(here.experimentId, { store: here.store, from: empty })).rejects.toThrow(
      /must have a line of columns, task and label among them/,
    );
    const to = join(folder, "none", "labels.csv");
    await expect(exportLabels(here.experimentId, { store: here.store, to })).rejects.toThrow(
      /labels\.csv must be a file that can be written \(ENOENT/,
    );
  });

  it("without a rater, without a rubric, at no time, without the columns, without a file", async () => {
    expect(await refused((all) => all, { rubric: "r" })).toMatch(
      /: rater must be a text of 1 to 100 characters, got ""/,
    );
    expect(await refused((all) => all, { rater: "ada" })).toMatch(/: rubric must be a text/);
    expect(await refused((all) => all.map((row) => ({ ...row, at: "yesterday" })))).toMatch(/: at must be a time/);
    expect(await refused((all) => all.map(({ task, ...row }) => ({ ...row, tsak: task! })))).toMatch(
      /must have a column task/,
    );
    await expect(
      importLabels(here.experimentId, { store: here.store, from: join(folder, "none.csv") }),
    ).rejects.toThrow(/none\.csv must be a file that can be read/);
  });
});
