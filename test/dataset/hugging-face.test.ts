import { describe, expect, it } from "vitest";
import { globToRegExp, hubFiles, hubInfo, hubSource, huggingFace, isHubDataset } from "#src/dataset/hugging-face";

const revision = "e53f048856ff4f594e959d75785d2c2d37b678ee";
const infoOf = (paths: readonly string[], configs?: readonly object[]) =>
  hubInfo.parse({ siblings: paths.map((rfilename) => ({ rfilename })), ...(configs ? { cardData: { configs } } : {}) });
const filesOf = (info: ReturnType<typeof infoOf>, options: object = {}): string[] =>
  hubFiles(info, huggingFace("owner/name", { revision, ...options }));

describe("a data set of the hub", () => {
  it("is pinned to a commit, and says where its rows came from", () => {
    const dataset = huggingFace("openai/gsm8k", { revision, config: "main" });
    expect(isHubDataset(dataset)).toBe(true);
    expect(hubSource(dataset)).toBe(`hf://datasets/openai/gsm8k@${revision}/main/test`);
    expect(() => huggingFace("openai/gsm8k", { revision: "main" })).toThrow(
      'huggingFace.revision must be the 40 digits of a commit, since rows of a branch change, got "main"',
    );
    expect(() => huggingFace("../x", { revision })).toThrow("huggingFace must be given the id of a data set");
    expect(() => huggingFace("a/b", { revision, splits: "test" } as never)).toThrow('Did you mean "split"?');
  });

  it("has the files that its card names, by configuration and split", () => {
    const paths = ["README.md", "main/test-0.parquet", "main/train-0.parquet", "socratic/test-0.parquet"];
    const card = infoOf(paths, [
      {
        config_name: "main",
        data_files: [
          { split: "train", path: "main/train-*" },
          { split: "test", path: ["main/test-*"] },
        ],
      },
      { config_name: "socratic", default: true, data_files: [{ split: "test", path: "socratic/test-*" }] },
    ]);
    expect(filesOf(card, { config: "main" })).toEqual(["main/test-0.parquet"]);
    expect(filesOf(card)).toEqual(["socratic/test-0.parquet"]);
    expect(() => filesOf(card, { config: "mian" })).toThrow(
      /config must be one of main, socratic.*Did you mean "main"/,
    );
    expect(() => filesOf(card, { config: "main", split: "dev" })).toThrow(
      /split must be one of train, test, got "dev"/,
    );
  });

  it("may have a card that names files by split, from here, or not at all", () => {
    const paths = ["data/test.jsonl", "data/dev.jsonl", "README.md"];
    const card = (data_files?: unknown) => infoOf(paths, [{ config_name: "default", data_files }]);
    expect(filesOf(card([{ split: "test", path: "./data/test.jsonl" }]))).toEqual(["data/test.jsonl"]);
    expect(filesOf(card({ train: "data/train.jsonl", test: ["data/test.jsonl"] }))).toEqual(["data/test.jsonl"]);
    expect(filesOf(card())).toEqual(["data/test.jsonl"]);
    expect(() => filesOf(card([{ split: "test", path: 5 }]))).toThrow(
      'huggingFace("owner/name") has a card whose data_files cannot be read, got [{"split":"test","path":5}]. Name the files yourself: { files: "data/test-*.parquet" }',
    );
  });

  it("may call its validation split valid, val or dev", () => {
    for (const name of ["validation", "valid", "val", "dev"]) {
      expect(filesOf(infoOf([`${name}.jsonl`, "test.jsonl"]), { split: "validation" })).toEqual([`${name}.jsonl`]);
      const card = infoOf(["a.csv", "b.csv"], [{ config_name: "x", data_files: [{ split: name, path: "b.csv" }] }]);
      expect(filesOf(card, { split: "validation" })).toEqual(["b.csv"]);
    }
    expect(filesOf(infoOf(["dev.jsonl", "validation.jsonl"]), { split: "dev" })).toEqual(["dev.jsonl"]);
  });

  it.each([
    ["an ending in any case", ["TEST.CSV", "test.CSV.GZ"], {}, ["test.CSV.GZ"]],
    [
      "shards in order",
      ["data/test-00001-of-00002.parquet", "data/test-00000-of-00002.parquet", "data/train-0.parquet"],
      {},
      ["data/test-00000-of-00002.parquet", "data/test-00001-of-00002.parquet"],
    ],
    ["a file of its own", ["test.jsonl", "train.jsonl", "testing.jsonl"], {}, ["test.jsonl"]],
    ["a folder", ["main/test/0000.parquet", "main/train/0000.parquet"], { config: "main" }, ["main/test/0000.parquet"]],
    ["one of several formats", ["test.csv", "test.jsonl"], {}, ["test.jsonl"]],
    ["a glob instead", ["eval/x.csv", "eval/deep/y.csv"], { files: "eval/*.csv" }, ["eval/x.csv"]],
  ])("without a card: %s", (_, paths, options, expected) => {
    expect(filesOf(infoOf(paths), options)).toEqual(expected);
  });

  it("says what there is where the wanted is not", () => {
    expect(() => filesOf(infoOf(["data/train.parquet", "notes.txt"]))).toThrow(
      'huggingFace("owner/name") must have the split "test" in parquet, JSON or CSV. It has data/train.parquet',
    );
    expect(() => filesOf(infoOf(["a/test.csv", "b/test.csv"]))).toThrow(/config must be one of a, b/);
    expect(() => filesOf(infoOf(["../test.csv"]))).toThrow("It has no such files");
  });
});

it("a glob matches within a folder, and across with two stars", () => {
  const matches = (glob: string, path: string): boolean => globToRegExp(glob).test(path);
  expect([matches("a/*.csv", "a/b.csv"), matches("a/*.csv", "a/b/c.csv"), matches("**/*.csv", "a/b/c.csv")]).toEqual([
    true,
    false,
    true,
  ]);
  expect([matches("a?.csv", "ab.csv"), matches("a+(1).csv", "a+(1).csv"), matches("a.csv", "abcsv")]).toEqual([
    true,
    true,
    false,
  ]);
});
