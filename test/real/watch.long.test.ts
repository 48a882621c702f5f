import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { faultServer } from "crucible-harness/testing";
import { afterAll, describe, expect, it } from "vitest";
import { scratch, start, until } from "./command.ts";

const here = scratch();
afterAll(() => here.remove());

describe("crucible run --watch", () => {
  it("runs again what a change touches, waits where it does not compile, and pays for no equal request twice", async () => {
    const server = await faultServer({ reply: () => "The answer is 4." });
    const folder = join(here.path, "watched");
    mkdirSync(folder);
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
    const conditions = (prompt: string): string =>
      `export const prompts = { plain: "{prompt}", other: ${JSON.stringify(prompt)} };\n`;
    write("prompts.mjs", conditions("Think. {prompt}"));
    write("rows.jsonl", '{"id":"a","question":"2 + 2?","answer":"4"}\n');
    write("watched.mjs", experimentOf(server.baseURL));
    const { child, ended, said } = start(["run", "watched.mjs", "--watch", "--yes", "--formats", "csv"], folder);
    const round = async (n: number, because: () => void): Promise<number> => {
      because();
      await until(
        () => said().split("it runs again when one of them changes").length === n + 1,
        `round ${n}: ${said()}`,
      );
      return server.requests.length;
    };
    expect(await round(1, () => {})).toBe(2);
    expect(said()).toContain("tasks will cost about");
    expect(said()).toMatch(/watching .*watched\.mjs.*prompts\.mjs|watching .*prompts\.mjs.*watched\.mjs/);
    expect(await round(2, () => write("prompts.mjs", conditions("Think twice. {prompt}")))).toBe(3); // that of the condition that changed
    expect(said()).toContain("changed: prompts.mjs");
    expect(await round(3, () => write("prompts.mjs", "export const prompts = {"))).toBe(3);
    expect(said()).toMatch(/crucible: .*prompts\.mjs:1:\d+/);
    expect(await round(4, () => write("prompts.mjs", conditions("Think. {prompt}")))).toBe(3);
    expect(
      await round(5, () => appendFileSync(join(folder, "rows.jsonl"), '{"id":"b","question":"1 + 3?","answer":"4"}\n')),
    ).toBe(5);
    child.kill("SIGINT");
    expect((await ended).code).toBe(0);
    await server.close();
  });
});

const experimentOf = (url: string): string => `
  import { defineExperiment, jsonl } from "crucible-harness";
  import { openaiCompatible } from "crucible-harness/backends";
  import { match } from "crucible-harness/scoring";
  import { chain, generate, promptTemplate } from "crucible-harness/solver";
  import { prompts } from "./prompts.mjs";
  const backend = openaiCompatible({ baseURL: ${JSON.stringify(url)}, model: "m" });
  export default defineExperiment({
    name: "watched",
    dataset: jsonl("rows.jsonl"),
    conditions: Object.entries(prompts).map(([name, prompt]) => ({
      name, solver: chain(promptTemplate(prompt), generate()), scorers: [match({ numeric: true })], backend, estimatedCost: 0.01,
    })),
    metrics: ["accuracy"],
  });
`;
