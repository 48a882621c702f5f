import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { buildProgram } from "#src/cli/commands";
import { completionScript } from "#src/cli/completion";
import { temporaryFolder } from "../support.ts";

const folder = temporaryFolder();
mkdirSync(join(folder, "checkpoints"));
for (const id of ["exp_one", "exp_two"]) writeFileSync(join(folder, "checkpoints", `${id}.db`), "");
const program = buildProgram("0", () => {});
const isThere = (shell: string): boolean => spawnSync(shell, ["--version"]).status === 0;

/** Every command with the words that lead to it, and all its flags. */
const commandsIn = (command: Command, words: readonly string[] = []): { words: readonly string[]; flags: string[] }[] =>
  command.commands.flatMap((one) => {
    const own = [...words, one.name()];
    return [
      { words: own, flags: one.options.flatMap(({ long, hidden }) => (hidden ? [] : (long ?? []))) },
      ...commandsIn(one, own),
    ];
  });
const commands = commandsIn(program);

/** What each line is completed to, all in one shell: the last word is the one that is written. */
function bashCompletes(lines: readonly (readonly string[])[]): string[][] {
  const asked = lines.map(
    (words) =>
      `COMP_WORDS=(crucible ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _crucible; echo "\${COMPREPLY[*]}"`,
  );
  const script = `${completionScript(program, "bash")}\n${asked.join("\n")}`;
  return execFileSync("bash", { input: script, cwd: folder, encoding: "utf8" })
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => line.split(/ +/).filter(Boolean));
}

describe.skipIf(!isThere("bash"))("completion in bash", () => {
  it("gives every command, and every flag of each", () => {
    const [first, ...flags] = bashCompletes([[""], ...commands.map(({ words }) => [...words, "--"])]);
    expect(first).toEqual(program.commands.map((command) => command.name()));
    expect(flags).toEqual(commands.map(({ flags }) => flags));
    expect(commands.length).toBeGreaterThan(20);
  });

  it("gives the choices of a flag, the ids of runs where one is asked for, and leaves files and values to the shell", () => {
    const lines = [
      ["run", "--executor", "t"],
      ["dlq", ""],
      ["dlq", "list", "exp_t"],
      ["report", ""],
      ["run", ""],
      ["run", "--out", ""],
    ];
    expect(bashCompletes(lines)).toEqual([["threads"], ["list", "retry"], ["exp_two"], ["exp_one", "exp_two"], [], []]);
  });
});

describe.skipIf(!isThere("zsh"))("completion in zsh", () => {
  it("is a script that it reads, and registers the command", () => {
    const script = `${completionScript(program, "zsh")}\nprint -r -- "$_comps[crucible]"\n`;
    const { stdout, stderr } = spawnSync("zsh", ["-f"], { input: script, cwd: folder, encoding: "utf8" });
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringContaining("_crucible"), stderr: "" });
  });
});

describe.skipIf(!isThere("fish"))("completion in fish", () => {
  it("gives commands, flags, choices and ids", () => {
    const asked = ["re", "dlq r", "report exp_o", "run --executor t"].map((line) => `complete -C 'crucible ${line}'`);
    const script = `${completionScript(program, "fish")}\n${asked.join("\necho ====\n")}\n`;
    writeFileSync(join(folder, "asked.fish"), script); // fish reads no socket, and that is what Node's stdin is
    const { stdout, stderr } = spawnSync("fish", ["--no-config", "asked.fish"], { cwd: folder, encoding: "utf8" });
    expect(stderr).toBe("");
    const found = stdout.split("====\n").map((part) =>
      part
        .trim()
        .split("\n")
        .map((line) => line.split("\t")[0]),
    );
    expect(found).toEqual([["replay", "report", "resume"], ["retry"], ["exp_one"], ["threads"]]);
  });
});
