import { type ChildProcess, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { build } from "esbuild";
import { ConfigError } from "#src/kernel/errors";
import type { Flags } from "./arguments.ts";
import { exitCodes } from "./exit-code.ts";
import { warn } from "./print.ts";

/** Where replies of model servers are kept between two rounds, where no folder is named. */
const REPLIES = ".crucible/replies";
const LOOK_EVERY_MS = 200;

/** What the process of a round says of itself: the file that its rows come from. */
export interface WatchedData {
  readonly data: string;
}

/**
 * `crucible run <file> --watch`: runs the file, and again whenever it, a module that it imports by path, or its data changes, each time in a
 * process and a run of its own. A change while a run is active ends that run first.
 *
 * @param argv of the command
 * @returns the exit code, once Ctrl-C ends it
 */
export async function watchFile(file: string, flags: Flags, argv: readonly string[]): Promise<number> {
  if (flags.id !== undefined)
    throw new ConfigError("--watch", "must not be given beside --id: each round is a run of its own", flags.id);
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile())
    throw new ConfigError(
      "--watch",
      "must be given a file that is there",
      file,
      found && `It is ${found.isDirectory() ? "a folder" : "not a regular file"}`,
    );
  const keep = typeof flags.keepReplies === "string" ? [] : ["--keep-replies", REPLIES];
  const args = [...argv.filter((arg) => arg !== "--watch"), "--watched", ...keep];
  const replies = typeof flags.keepReplies === "string" ? flags.keepReplies : REPLIES;
  const watched = new Map<string, string>();
  let isEnded = false;
  process.on("SIGINT", () => {
    isEnded = true; // the process of the round is in the same group, and has the signal as well
  });
  process.on("SIGTERM", () => {
    isEnded = true;
    round.child.kill("SIGTERM");
  });
  let round = begin(args);
  for (;;) {
    for (const path of await modulesOf(file, [...watched.keys()])) watched.set(path, digestOf(path));
    round.child.on("message", ({ data }: WatchedData) => watched.set(data, digestOf(data)));
    const changed = await changeOf(watched, () => isEnded, round);
    if (changed === undefined) break;
    if (round.child.exitCode === null) {
      warn("", `changed: ${shortPath(changed)}. The run that is active ends first`);
      round.child.kill("SIGINT");
    } else warn("", `changed: ${shortPath(changed)}`);
    await round.ended;
    warn(
      `running again. Replies of model servers are kept in ${replies}: a request that is among them is not paid again`,
    );
    round = begin(args);
  }
  await round.ended;
  return exitCodes.ended;
}

interface Round {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
}

function begin(args: readonly string[]): Round {
  const child = fork(process.argv[1]!, args, { stdio: "inherit" });
  return { child, ended: new Promise((done) => child.once("close", done)) };
}

/** Waits for a change, and says once the round has ended that it waits. @returns the file; nothing once it is ended */
async function changeOf(files: Map<string, string>, isEnded: () => boolean, round: Round): Promise<string | undefined> {
  let isSaid = false;
  for (;;) {
    if (isEnded()) return undefined;
    for (const [path, before] of files) {
      const now = digestOf(path);
      if (now === before) continue;
      files.set(path, now);
      return path;
    }
    if (!isSaid && round.child.exitCode !== null) {
      isSaid = true;
      const names = [...files.keys()].map(shortPath).join(", ");
      warn("", `watching ${names}; it runs again when one of them changes, and Ctrl-C ends this`);
    }
    await new Promise((later) => setTimeout(later, LOOK_EVERY_MS));
  }
}

/** The file and all modules that it imports by path; those that were watched before where it cannot be compiled. */
async function modulesOf(file: string, before: readonly string[]): Promise<readonly string[]> {
  const own = resolve(file);
  if (own.endsWith(".json")) return [own];
  try {
    const { metafile } = await build({
      entryPoints: [own],
      bundle: true,
      write: false,
      metafile: true,
      packages: "external",
      platform: "node",
      format: "esm",
      logLevel: "silent",
      absWorkingDir: dirname(own),
      loader: { ".node": "empty" },
    });
    return Object.keys(metafile.inputs).map((path) => join(dirname(own), path));
  } catch {
    return [own, ...before]; // the process of the round says what is wrong
  }
}

/** Of what a file holds: one that is saved as it was has not changed. */
function digestOf(path: string): string {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  } catch {
    return ""; // an editor that writes it again removes it for a moment
  }
}

function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") ? path : fromHere;
}
