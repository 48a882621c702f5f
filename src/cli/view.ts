import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { checkpointDirectory } from "#src/app/setting-sources";
import { storedIds } from "#src/app/stores";
import { historyOf, openRecording } from "#src/inspector/recording";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { openRuns, type ReportSource, type Runs } from "#src/viewer/runs";
import { openViewer } from "#src/viewer/server";
import { writeSite } from "#src/viewer/write-site";
import { settingsFrom } from "./arguments.ts";
import { exitCodes } from "./exit-code.ts";
import { pathFromHere, print, printJson } from "./print.ts";
import { readReplayFile } from "./replay-file.ts";
import type { Flags } from "./run.ts";
import { whileWorking } from "./working.ts";

/** `crucible view [id]`: shows runs in a browser until it is interrupted. @returns the exit code */
export async function view(id: string | undefined, flags: Flags): Promise<number> {
  if (id?.endsWith(".json")) return viewRecording(id, flags);
  const directory = await checkpointDirectory(settingsFrom(flags));
  const ids = storedIds(directory);
  if (id !== undefined && !ids.includes(id))
    throw new ConfigError("experiment id", `must be a run in ${directory}`, id, didYouMean(id, ids));
  const runs = openRuns(directory, elsewhere(directory));
  if (typeof flags.export === "string") return exportPages(runs, id, flags.export, flags.json === true);
  const viewer = await openViewer(runs, (flags.port as number | undefined) ?? 0);
  const url = id === undefined ? viewer.url : viewer.url.replace("/?", `/run/${encodeURIComponent(id)}?`);
  if (flags.json === true) printJson({ type: "viewer", url, port: viewer.port, directory });
  else print(url, "", `shows the runs of ${directory} to this machine's user only; Ctrl-C ends it`);
  await interrupted();
  await viewer.close();
  runs.close();
  return exitCodes.ended;
}

const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });

/** `crucible view found.json`: steps through a simulation that `crucible explore` saved. Nothing of it is executed. @returns the exit code */
async function viewRecording(path: string, flags: Flags): Promise<number> {
  const { file, seed, violation, story, recording } = readReplayFile(path, "crucible view");
  if (!recording)
    throw new ConfigError(path, "must have a recording to step through", undefined, "crucible explore writes one now");
  if (flags.export !== undefined)
    throw new ConfigError("--export", "is for runs: the pages of a recording are made step by step");
  const title = `${basename(file)}, seed ${seed}`;
  const door = await openRecording(historyOf(recording, { title, violation, story }), flags.port as number | undefined);
  if (flags.json === true) printJson({ type: "recording", url: door.url, port: door.port, file: path });
  else print(door.url, "", `steps through ${path} for this machine's user only; Ctrl-C ends it`);
  await interrupted();
  await door.close();
  return exitCodes.ended;
}

/** Writes the pages to a folder. @returns the exit code */
async function exportPages(runs: Runs, id: string | undefined, to: string, isJson: boolean): Promise<number> {
  const { folder, index, ...site } = await whileWorking("writing the pages", writeSite(runs, id, to));
  runs.close();
  if (isJson) printJson({ type: "export", folder, index, ...site });
  else {
    const without = "links to filters, or beyond the pages that fit, are plain text: crucible view shows them";
    print(`${site.pages} files: ${pathFromHere(index)}`, ...(site.leftOut > 0 ? [`${site.leftOut} ${without}`] : []));
  }
  return exitCodes.ended;
}

/** Characters that a report of a large run may have. */
const MOST_OUTPUT = 512 * 2 ** 20;

/**
 * Makes reports and comparisons in a process of their own: pages stay quick meanwhile, and an experiment file is loaded as it is then,
 * not as it was the first time.
 */
function elsewhere(directory: string): ReportSource {
  const crucible = (...args: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const command = [...process.execArgv, process.argv[1]!, ...args, "--checkpoints", directory];
      execFile(process.execPath, command, { maxBuffer: MOST_OUTPUT }, (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        reject(new Error(stderr.trim().replace(/^crucible: /, "") || error.message));
      });
    });
  return {
    async report(id) {
      const folder = await mkdtemp(join(tmpdir(), "crucible-view-"));
      try {
        await crucible("report", id, "--formats", "json", "--out", folder).catch(ifGateMissed(folder, id));
        return JSON.parse(await readFile(reportPath(folder, id), "utf8"));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    compare: async (ids) => JSON.parse(await crucible("compare", ...ids, "--json")),
  };
}

const reportPath = (folder: string, id: string): string => join(folder, `${id}_report.json`);

/** A missed gate makes an exit code of its own, and a report all the same. */
const ifGateMissed = (folder: string, id: string) => async (error: unknown) => {
  const written = await readFile(reportPath(folder, id), "utf8").catch(() => undefined);
  if (written === undefined) throw error;
};
