import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { nanoid } from "nanoid";
import { ownPackage } from "#src/execute/package";

const { root, isSource } = ownPackage();

/** What Node needs to load the package as it is loaded here: nothing where it is built, which is how `npm test` looks at processes. */
export const loader: readonly string[] = isSource ? ["--conditions=crucible-harness-source", "--import", "tsx"] : [];

/** A file of the command. */
export const cli = (name: string): string => join(root, isSource ? `src/cli/${name}.ts` : `dist/src/cli/${name}.js`);

/** Node's arguments for the `crucible` command. */
export const crucibleCommand: readonly string[] = [...loader, cli("main")];

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
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
      return join(path, name);
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Starts `crucible`. */
export function start(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): { child: ChildProcess; ended: Promise<Ended>; said(): string } {
  const child = spawn(process.execPath, [...crucibleCommand, ...args], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: "", NODE_NO_WARNINGS: "1", GITHUB_ACTIONS: "", ...env },
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

/** Runs `crucible` to its end, in a process of its own. */
export const crucible = (args: readonly string[], cwd: string, env?: Record<string, string>): Promise<Ended> =>
  start(args, cwd, env).ended;

/** Far beyond what a busy machine takes: reached only by what never comes, which then has a name. */
export const NEVER_MS = 240_000;

/** Waits until `holds`, looking every few milliseconds. @throws what never came */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (const begun = Date.now(); !holds(); ) {
    if (Date.now() - begun > NEVER_MS) throw new Error(`${what}: waited ${NEVER_MS / 1000} s`);
    await new Promise((done) => setTimeout(done, 5));
  }
}
