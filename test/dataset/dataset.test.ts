import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { z as zod3 } from "zod/v3";
import { rowsBySchema, toItems } from "#src/dataset/dataset";
import { csv, isDatasetFile, jsonl, parquet } from "#src/dataset/file";
import { folds } from "#src/dataset/folds";
import { datasetOptions } from "#src/dataset/options";
import type { StandardSchema } from "#src/schema/schema";

fc.configureGlobal({ seed: 42 });

const items = (rows: readonly unknown[], options: z.input<typeof datasetOptions> = {}, seed = 42) =>
  toItems(
    rows.map((row, i) => ({ row, place: `x.jsonl:${i + 1}` })),
    datasetOptions.parse(options),
    seed,
  );
const ids = (...given: Parameters<typeof items>): string[] => items(...given).map(({ id }) => id);
const numbered = (n: number) => Array.from({ length: n }, (_, i) => ({ id: i, kind: i % 4 === 0 ? "rare" : "common" }));

describe("an item", () => {
  it("bears the id that the named field gives, else its own, else a digest of its content", () => {
    expect(ids([{ key: "a", id: "b" }], { id: "key" })).toEqual(["a"]);
    expect(ids([{ key: "a", id: 7 }])).toEqual(["7"]);
    const [first, second] = ids([{ q: 1, a: 2 }, { q: 2 }]);
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    expect(second).not.toBe(first);
    expect(ids([{ a: 2, q: 1 }])).toEqual([first]);
    expect(ids(["text", 5])).toHaveLength(2);
  });

  it("is numbered from 0 where that is asked for, unless a field bears the name: then that names all rows", () => {
    expect(ids([{ q: 1 }, { q: 1 }, "text"], { id: "position" })).toEqual(["0", "1", "2"]);
    expect(ids([{ position: "b" }, { position: 7 }], { id: "position" })).toEqual(["b", "7"]);
    expect(() => ids([{ q: 1 }, { position: 7 }], { id: "position" })).toThrow(
      'x.jsonl:1 must have the field "position" that datasetConfig.id names',
    );
    const drawn = items([...numbered(50)], { id: "position", shuffle: true, limit: 9 });
    for (const { id, row } of drawn) expect(id).toBe(String((row as { id: number }).id)); // the number in the file, not in the sample
  });

  it("keeps its row as it was, whatever becomes of the object it was made from", () => {
    const row = { id: "a", nested: { deep: [1] } };
    const [item] = items([row]);
    row.nested.deep.push(2);
    expect(item?.row).toEqual({ id: "a", nested: { deep: [1] } });
  });

  it("is told from another one by all that it holds, functions included", () => {
    const kinds = [1, 2].map((n) => [
      { seen: new Map([["k", n]]) },
      { seen: new Set([n]) },
      { seen: new Date(n) },
      { seen: BigInt(n) },
      { seen: new RegExp(String(n)) },
      { seen: new Uint8Array([n]) },
      { seen: new Float64Array([n]) },
      { seen: n === 1 ? () => 1 : () => 2 },
    ]);
    expect(new Set(items(kinds.flat()).map(({ id }) => id)).size).toBe(16);
  });

  it("is refused at its place where nobody could copy it", () => {
    class Client {
      readonly url = "x";
    }
    expect(() => items([{ id: 1 }, { id: 2, client: new Client() }])).toThrow(
      /^x\.jsonl:2: client must be plain data .*not an object of the class Client\./,
    );
    expect(() => items([{ id: 1, text: Promise.resolve("x") }])).toThrow(/Await it first/);
  });

  it("has the cluster that a field names", () => {
    expect(
      items(
        [
          { id: 1, passage: 9 },
          { id: 2, passage: "b" },
        ],
        { cluster: "passage" },
      ).map((i) => i.cluster),
    ).toEqual(["9", "b"]);
    expect(items([{ id: 1 }])[0]).not.toHaveProperty("cluster");
  });
});

describe("a schema of rows", () => {
  const standard = (validate: StandardSchema["~standard"]["validate"]): StandardSchema => ({
    "~standard": { version: 1, vendor: "own", validate },
  });
  const read = async (rows: readonly unknown[], schema: unknown) => {
    const placed = rows.map((row, i) => ({ row, place: `x.jsonl:${i + 1}` }));
    return (await rowsBySchema(placed, datasetOptions.parse({ schema }))).map(({ row }) => row);
  };

  it.each<[kind: string, schema: unknown, rows: unknown[], made: unknown[]]>([
    ["zod 4", z.object({ n: z.coerce.number() }), [{ n: "12", more: true }], [{ n: 12 }]],
    ["zod 3", zod3.object({ n: zod3.number().default(1) }), [{}, { n: 2 }], [{ n: 1 }, { n: 2 }]],
    ["a Standard Schema", standard((row) => ({ value: [row] })), ["a"], [["a"]]],
    ["one that answers later", standard(async (row) => ({ value: [row] })), ["a"], [["a"]]],
    [
      "JSON Schema, which leaves rows as they are",
      { type: "object", properties: { n: { type: "number" }, m: { default: 1 } } },
      [{ n: 1, more: true }],
      [{ n: 1, more: true }],
    ],
  ])("of %s makes what conditions see", async (_, schema, rows, made) => {
    expect(await read(rows, schema)).toEqual(made);
  });

  it.each<[kind: string, schema: unknown, rows: unknown[], message: string]>([
    [
      "zod 4",
      z.object({ n: z.number() }),
      [{ n: 1 }, { n: "one" }],
      "x.jsonl:2 does not fit datasetConfig.schema at n: Invalid input: expected number, received string",
    ],
    [
      "zod 4, as a whole",
      z.object({}),
      ["text"],
      "x.jsonl:1 does not fit datasetConfig.schema at the row: Invalid input: expected object, received string",
    ],
    [
      "zod 3",
      zod3.object({ n: zod3.number() }),
      [{ n: 1 }, { n: "1" }],
      "x.jsonl:2 does not fit datasetConfig.schema at n: Expected number, received string",
    ],
    [
      "a Standard Schema",
      standard(async () => ({ issues: [{ message: "is odd", path: ["a", { key: 0 }] }] })),
      [1],
      "x.jsonl:1 does not fit datasetConfig.schema at a.0: is odd",
    ],
    [
      "one that says no more",
      standard(() => ({ issues: [] })),
      [1],
      "x.jsonl:1 does not fit datasetConfig.schema at the row: does not fit",
    ],
    [
      "one that throws",
      z.string().transform((text) => text.split("#")[1]!.trim()),
      ["a#b", "a"],
      "x.jsonl:2 cannot be read by datasetConfig.schema (Cannot read properties of undefined (reading 'trim'))",
    ],
    [
      "JSON Schema",
      { properties: { "a/b": { items: { enum: ["x", 1] } } } },
      [{ "a/b": ["x", 2] }],
      'x.jsonl:1 does not fit datasetConfig.schema at a/b.1: must be one of "x", 1',
    ],
  ])("of %s refuses a row with its place", async (_, schema, rows, message) => {
    await expect(read(rows, schema)).rejects.toThrow(message);
  });
});

describe("a data set is refused with its place", () => {
  it.each([
    ["when it is empty", [], {}, "dataset must have at least one row. It is empty"],
    [
      "for an id that came before",
      [{ id: "a" }, { id: "b" }, { id: "a" }],
      {},
      'x.jsonl:3 repeats the id "a" of x.jsonl:1. Name a field that tells rows apart with datasetConfig.id, number them with { id: "position" }, or remove one of them',
    ],
    [
      "for a row that came before",
      [{ q: 1 }, { q: 1 }],
      {},
      /^x\.jsonl:2 repeats the id "[0-9a-f]{16}" of x\.jsonl:1\. Name a field/,
    ],
    [
      "for a repeated id in the named field",
      [{ k: 1 }, { k: "1" }],
      { id: "k" },
      'x.jsonl:2 repeats the id "1" of x.jsonl:1. Every item needs an id of its own',
    ],
    [
      "for a row without the named field",
      [{ question: "?" }],
      { id: "qestion" },
      'x.jsonl:1 must have the field "qestion" that datasetConfig.id names. Did you mean "question"?',
    ],
    [
      "for an id that is not text or number",
      [{ k: { a: 1 } }],
      { id: "k" },
      'x.jsonl:1 must have text or a number as its id "k", got {"a":1}',
    ],
    [
      "for an id that is not a number",
      [{ k: Number.NaN }],
      { id: "k" },
      'x.jsonl:1 must have text or a number as its id "k", got NaN',
    ],
    [
      "for an id of its own that has lost digits",
      [{ id: 2 ** 53 }],
      {},
      'x.jsonl:1 must have text or a number as its id "id", got 9007199254740992. A whole number beyond 2^53 has lost digits here: write it as text',
    ],
    ...[Number.NaN, null, "", {}, [], Number.POSITIVE_INFINITY, undefined].map(
      (passage) =>
        [
          `for the cluster ${String(passage)}`,
          [{ id: 1, passage }],
          { cluster: "passage" },
          'x.jsonl:1 must have text or a number as its cluster "passage"',
        ] as const,
    ),
    ["for an empty id", [{ k: "" }], { id: "k" }, 'x.jsonl:1 must have text or a number as its id "k", got ""'],
    [
      "for a row without the cluster field",
      ["text"],
      { cluster: "passage" },
      'x.jsonl:1 must have the field "passage" that datasetConfig.cluster names. There are none to choose from',
    ],
    ["for a row that is not there", [undefined], {}, "x.jsonl:1 must be a row, and is undefined. Does the function"],
    [
      "for a row of a class of its own",
      [new URL("http://x")],
      {},
      /^x\.jsonl:1 must be plain data .*not an object of the class URL\./,
    ],
    [
      "for a row that cannot be read",
      [
        {
          get text() {
            throw new Error("no text");
          },
        },
      ],
      {},
      "x.jsonl:1 cannot be read (no text)",
    ],
    ...["a\0b", "\0", "\ud83d", "cut \ud83d", "\ude00 cut"].flatMap((text) =>
      [
        ["id", { id: text }, {}],
        ["id", { k: text }, { id: "k" }],
        ["cluster", { id: 1, k: text }, { cluster: "k" }],
      ].map(
        ([what, row, options]) =>
          [
            `for the ${what} ${JSON.stringify(text)}`,
            [row],
            options as { id?: string },
            /^x\.jsonl:1 must have text without NUL characters and halves of surrogate pairs, which stores cannot keep, as its \w+ "\w+", got "/,
          ] as const,
      ),
    ),
    [
      "for a row without the stratum",
      [{ id: 1, level: 1 }, { id: 2 }],
      { stratifyBy: "level", limit: 1 },
      'item "2" must have the field "level" that datasetConfig.stratifyBy names. There is: id',
    ],
  ] as const)("%s", (_, rows, options, sentence) => {
    expect(() => items(rows, options)).toThrow(sentence);
  });
});

describe("what is drawn", () => {
  it("is everything in the given order by default, and the first items under a limit", () => {
    expect(ids(numbered(4))).toEqual(["0", "1", "2", "3"]);
    expect(ids(numbered(4), { limit: 2 })).toEqual(["0", "1"]);
    expect(ids(numbered(4), { limit: 9 })).toHaveLength(4);
  });

  it("is a random sample under shuffle and limit: the same for the same seed, another for another", () => {
    const sample = ids(numbered(100), { shuffle: true, limit: 10 });
    expect(sample).toHaveLength(10);
    expect(new Set(sample).size).toBe(10);
    expect(ids(numbered(100), { shuffle: true, limit: 10 })).toEqual(sample);
    expect(ids(numbered(100), { shuffle: true, limit: 10 }, 43)).not.toEqual(sample);
  });

  it("keeps the shares of the strata to within one item, and never another number than the limit", () => {
    const strata = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(strata, fc.integer({ min: 1, max: 80 }), fc.boolean(), (kinds, limit, shuffle) => {
        const rows = kinds.map((kind, id) => ({ id, kind }));
        const drawn = items(rows, { limit, shuffle, stratifyBy: "kind" }).map(({ row }) => row as { kind: string });
        expect(drawn).toHaveLength(Math.min(limit, rows.length));
        for (const kind of new Set(kinds)) {
          const share = (kinds.filter((each) => each === kind).length * drawn.length) / rows.length;
          expect(Math.abs(drawn.filter((row) => row.kind === kind).length - share)).toBeLessThan(1);
        }
      }),
    );
  });

  it("is drawn by weight: twice the weight, twice as likely, and never what has none", () => {
    const rows = [1, 2, 4, 0].map((weight, id) => ({ id, weight }));
    const drawn = Array.from({ length: 7000 }, (_, seed) => ids(rows, { limit: 1, weightBy: "weight" }, seed)[0]!);
    const shares = rows.map(({ id }) => drawn.filter((each) => each === String(id)).length / 7000);
    for (const [i, share] of [1 / 7, 2 / 7, 4 / 7, 0].entries())
      expect(Math.abs(shares[i]! - share)).toBeLessThanOrEqual(4 * Math.sqrt((share * (1 - share)) / 7000)); // four standard errors
  });

  it("is drawn by weight without putting back, in the given order, and within strata where told", () => {
    const rows = numbered(40).map((row) => ({ ...row, weight: row.id }));
    const drawn = items(rows, { limit: 12, weightBy: "weight", stratifyBy: "kind" });
    const kinds = drawn.map(({ row }) => (row as { kind: string }).kind);
    expect(kinds.filter((kind) => kind === "rare")).toHaveLength(3);
    const order = drawn.map(({ id }) => Number(id));
    expect(order).toEqual([...new Set(order)].sort((a, b) => a - b));
    expect(order).not.toContain(0);
  });

  it("is one fold, or all others: together everything, without overlap, before the limit", () => {
    const of = (index: number, part: "test" | "train") => ids(numbered(20), { fold: { k: 4, index, part } });
    expect([0, 1, 2, 3].flatMap((index) => of(index, "test")).sort()).toEqual(ids(numbered(20)).sort());
    expect([...of(1, "test"), ...of(1, "train")].sort()).toEqual(ids(numbered(20)).sort());
    expect(ids(numbered(20), { fold: { k: 4, index: 1 }, limit: 2 })).toEqual(of(1, "test").slice(0, 2));
  });

  it("is the fold that folds() gives, by the same seed", () => {
    const rows = numbered(30).map((row) => ({ ...row, source: row.id % 7 }));
    const [, second] = folds(rows, { k: 3, seed: 9, stratifyBy: "kind", cluster: "source" });
    const options = { fold: { k: 3, index: 1 }, stratifyBy: "kind", cluster: "source" };
    expect(ids(rows, options, 9)).toEqual(second!.test.map(({ id }) => String(id)));
  });

  it("refuses invalid weights, and folds that there are not", () => {
    expect(() =>
      ids(
        [
          { id: 1, w: -1 },
          { id: 2, w: 1 },
        ],
        { limit: 1, weightBy: "w" },
      ),
    ).toThrow('item "1" must have a number from 0 up as its weight, got -1');
    expect(() => datasetOptions.parse({ fold: { k: 2, index: 2 } })).toThrow("must be less than k");
  });
});

it("files are described, and told from other data sets", () => {
  expect(jsonl("a.jsonl")).toEqual({ kind: "jsonl", path: "a.jsonl" });
  expect(csv("a.csv")).toEqual({ kind: "csv", path: "a.csv" });
  expect(parquet("a.parquet")).toEqual({ kind: "parquet", path: "a.parquet" });
  expect(csv("a.csv", { delimiter: ";" })).toEqual({ kind: "csv", path: "a.csv", delimiter: ";" });
  expect(() => jsonl("a.jsonl", { encoding: "klingon" })).toThrow(
    /^jsonl\.encoding must be an encoding that TextDecoder/,
  );
  expect(() => csv("a.csv", { delimiter: '"' })).toThrow('csv.delimiter must hold no quote and no line end, got "\\""');
  expect(() => csv("a.csv", { delimeter: ";" } as never)).toThrow('Did you mean "delimiter"?');
  expect([jsonl("a"), csv("a"), parquet("a"), [], "a", null, { kind: "jsonl" }].map(isDatasetFile)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});
