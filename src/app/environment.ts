import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { ownPackage } from "#src/execute/package";
import type { Manifest } from "#src/experiment/manifest";
import { hardwareProfile } from "./hardware.ts";

/** The machine and the code, for the manifest. @param directory a folder inside the experiment's repository */
export function environment(directory: string): Manifest["environment"] {
  const git = gitState(directory);
  machine ??= {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpus: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    hardware: hardwareProfile(),
  };
  return { crucible: ownPackage().version, ...machine, ...(git ? { git } : {}) };
}

/** Looked at once in a process: cores, memory and cards stay where they are. */
let machine: Omit<Manifest["environment"], "crucible" | "git"> | undefined;

type Git = NonNullable<Manifest["environment"]["git"]>;

/** How long an answer of git holds: a program that makes a thousand small runs spends at most a hundredth of its time on asking. */
const HOLDS_MS = 1000;
const HOLDS_TIMES = 100;
const answers = new Map<string, { readonly holdsUntil: number; readonly git: Git | undefined }>();

function gitState(directory: string): Git | undefined {
  const now = performance.now();
  const before = answers.get(directory);
  if (before && now < before.holdsUntil) return before.git;
  const git = askGit(directory);
  const answeredAt = performance.now();
  answers.set(directory, { holdsUntil: answeredAt + Math.max(HOLDS_MS, HOLDS_TIMES * (answeredAt - now)), git });
  return git;
}

/**
 * The commit and whether files differ from it.
 *
 * @returns undefined without a repository, without git, and before the first commit
 * @see https://git-scm.com/docs/git-status, "Porcelain Format Version 2"
 */
export function askGit(directory: string): Git | undefined {
  try {
    const printed = execFileSync("git", ["--no-optional-locks", "status", "--porcelain=v2", "--branch"], {
      cwd: directory,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 5000,
      maxBuffer: 2 ** 28, // a line for every file that was changed
    });
    const commit = /^# branch\.oid ([0-9a-f]+)$/m.exec(printed)?.[1];
    return commit === undefined ? undefined : { commit, dirty: /^[^#]/m.test(printed) };
  } catch {
    return undefined;
  }
}
