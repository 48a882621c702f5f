import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { csvOptions } from "#src/dataset/file";
import { datasetOptions } from "#src/dataset/options";
import { queueOptions } from "#src/execute/queue";
import { threadsOptions } from "#src/execute/threads";
import { optionRows } from "#src/experiment/option-rows";
import { analysisOptions, budgetOptions, configOptions, runOptions } from "#src/experiment/options";
import { basicAgentOptions } from "#src/solver/agent";
import { generateOptions } from "#src/solver/generate";

const root = resolve(import.meta.dirname, "../..");
const file = join(root, "hover.ts");
const settings = {
  strict: true,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  skipLibCheck: true,
  types: [],
};

/** Files that were parsed: the same for every text. */
const parsed = ts.createDocumentRegistry();

/** What an editor shows of a name in a text: its documentation where it is next written as a key. */
function shown(text: string): (name: string, from: number) => { readonly words: string; readonly at: number } {
  const read = (path: string): string | undefined => (path === file ? text : ts.sys.readFile(path));
  const host: ts.LanguageServiceHost = {
    getScriptFileNames: () => [file],
    getScriptVersion: (path) => (path === file ? text : "1"),
    getScriptSnapshot: (path) => {
      const content = read(path);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getCurrentDirectory: () => root,
    getCompilationSettings: () => settings,
    getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
    fileExists: (path) => path === file || ts.sys.fileExists(path),
    readFile: read,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  };
  const service = ts.createLanguageService(host, parsed);
  return (name, from) => {
    const at = text.indexOf(` ${name}: `, from) + 1;
    return { words: ts.displayPartsToString(service.getQuickInfoAtPosition(file, at)?.documentation), at };
  };
}

type Tree = Map<string, Tree>;

/** An object literal with every option of a list, nested as their paths say. */
function literal(paths: readonly string[]): string {
  const tree: Tree = new Map();
  for (const path of paths) {
    let at = tree;
    for (const part of path.split(".")) {
      const inner = at.get(part) ?? new Map();
      at.set(part, inner);
      at = inner;
    }
  }
  const write = (node: Tree): string =>
    `{ ${[...node].map(([name, inner]) => `${name}: ${inner.size > 0 ? write(inner) : "undefined as never"}`).join(", ")} }`;
  return write(tree);
}

const imports = `import { defineExperiment, run, type Experiment } from "./dist/src/index.js";
import { basicAgent, generate } from "./dist/src/solver/index.js";
import { csv, queue, threads } from "./dist/src/index.js";
declare const experiment: Experiment;`;
const definition = "defineExperiment({ dataset: [1], metrics: ['m'], conditions: [],";

describe("an editor shows the sentence and the default", () => {
  it.each<[string, z.ZodType, before: string, after: string]>([
    ["an experiment's config", configOptions, `${definition} config: `, "})"],
    ["its analysis", analysisOptions, `${definition} statisticalAnalysis: `, "})"],
    ["its budget", budgetOptions, `${definition} costBudget: `, "})"],
    ["its data set", datasetOptions, `${definition} datasetConfig: `, "})"],
    ["a run", runOptions, "run(experiment, ", ")"],
    ["an agent", basicAgentOptions, "basicAgent(", ")"],
    ["a model call", generateOptions, "generate(", ")"],
    ["threads", threadsOptions, "threads(", ")"],
    ["a queue", queueOptions, "queue(", ")"],
    ["a table", csvOptions, "csv('x.csv', ", ")"],
  ])("of every option of %s", (_, schema, before, after) => {
    expect(existsSync(join(root, "dist/src/experiment/define.d.ts")), "npm run build").toBe(true);
    const rows = optionRows(schema).filter(({ path }) => !/[[*]/.test(path));
    const documentation = shown(`${imports}\n${before}${literal(rows.map(({ path }) => path))}${after};`);
    let from = imports.length;
    const missing = rows.filter(({ path, sentence, default: usual }) => {
      const { words, at } = documentation(path.split(".").at(-1)!, from);
      from = at;
      const isSaid = words.toLowerCase().startsWith(sentence.toLowerCase());
      return (
        !isSaid ||
        (usual !== undefined && !words.includes(`efault: ${usual}.`) && !words.includes(`(default ${usual})`))
      );
    });
    expect(missing.map(({ path }) => path)).toEqual([]);
  });
});
