import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { optionReference, outsideOptions } from "#src/app/option-reference";
import { settingsOptions } from "#src/app/setting-options";
import { optionRows } from "#src/experiment/option-rows";
import { optionDocument, writtenDocument } from "./document.ts";

const sources = resolve(import.meta.dirname, "../../src");

/** Options that no user writes: what a run tells its threads and workers, and what other options are made of. */
const ofOurs = new Set(["effectiveOptions"]);

/** Every schema of options that a source file exports, by its name. */
async function exportedSchemas(): Promise<[name: string, schema: z.ZodType][]> {
  const found: [string, z.ZodType][] = [];
  for (const file of readdirSync(sources, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts")) continue;
    const text = readFileSync(join(sources, file), "utf8");
    for (const [, name] of text.matchAll(/^export const (\w+Options) = (?:z\s*\.strictObject|\w+\.extend)\(/gm)) {
      if (ofOurs.has(name!)) continue;
      const module = (await import(join(sources, file))) as Record<string, z.ZodType>;
      found.push([name!, module[name!]!]);
    }
  }
  return found;
}

describe("the reference of options", () => {
  const rows = optionReference().flatMap(({ title, rows }) => rows.map((row) => ({ title, ...row })));

  it("has a sentence, a type and a place for every option", () => {
    expect(rows.length).toBeGreaterThan(200);
    expect(rows.filter(({ sentence }) => sentence.length < 8).map(({ title, path }) => `${title} ${path}`)).toEqual([]);
    for (const { title, rows } of optionReference())
      expect(new Set(rows.map(({ path }) => path)).size, title).toBe(rows.length);
  });

  it("holds every option of every schema that the sources export", async () => {
    const known = new Set(rows.map(({ path, sentence }) => `${path.split(".").at(-1)}: ${sentence}`));
    const schemas = await exportedSchemas();
    expect(schemas.length).toBeGreaterThan(25);
    const outside = new Set(Object.keys(settingsOptions.shape));
    for (const [name, schema] of schemas)
      for (const { path, sentence } of optionRows(schema)) {
        const row = `${path.split(".").at(-1)}: ${sentence}`;
        if (name === "settingsOptions") expect(outside.has(path)).toBe(true);
        else expect(known.has(row), `${name}: ${row}`).toBe(true);
      }
    expect(outsideOptions().map(({ name }) => name)).toEqual([...outside]);
  });

  it("stands in docs/options.md as the schemas are (else: npm run options)", () => {
    expect(writtenDocument()).toBe(optionDocument());
  });

  it("is searched by any part of a name, whatever its case", () => {
    const paths = (word: string): string[] => optionReference(word).flatMap(({ rows }) => rows.map(({ path }) => path));
    expect(paths("MAXRETRIES")).toEqual(["config.errorHandling.maxRetries"]);
    expect(paths("errorhandling.d")).toEqual(["config.errorHandling.dlqEnabled", "config.errorHandling.dlqPath"]);
    expect(paths("threads(").length).toBe(3);
    expect(paths("nothing has this name")).toEqual([]);
  });
});
