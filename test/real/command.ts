import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { nanoid } from "nanoid";

const root = resolve(import.meta.dirname, "../..");

/** What a command printed and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder inside the repository, so that experiment files in it find the package by its own name. Removed by `remove`. */
export function scratch(): { path: string; file(name: string, text: string): string; remove(): void } {
  const path = join(root, "test/.scratch", nanoid(8));
  mkdirSync(path, { recursive: true });
  return {
    path,
    file: (name, text) => {
      writeFileSync(join(path, name), text);
      return join(path, name);
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Starts `crucible` from source. */
export function start(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): { child: ChildProcess; ended: Promise<Ended>; said(): string } {
  const main = join(root, "src/cli/main.ts");
  const child = spawn(process.execPath, ["--conditions=crucible-harness-source", "--import", "tsx", main, ...args], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: "", NODE_NO_WARNINGS: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((done) => child.on("close", (code) => done({ code, stdout, stderr })));
  return { child, ended, said: () => stderr };
}

/** Runs `crucible` from source to its end. */
export const crucible = (args: readonly string[], cwd: string, env?: Record<string, string>): Promise<Ended> =>
  start(args, cwd, env).ended;

/** Waits until `holds`, looking every few milliseconds. @throws after 30 s */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (const begun = Date.now(); !holds(); ) {
    if (Date.now() - begun > 30_000) throw new Error(`waited 30 s for ${what}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}
