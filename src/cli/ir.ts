import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exportDocument } from "#src/app/results/export-ir";
import { checkpointDirectory } from "#src/app/setting-sources";
import { runOptions } from "#src/experiment/options";
import { outputsOf, parseIR } from "#src/ir/index";
import { type Flags, settingsFrom } from "./arguments.ts";
import { exitCodes } from "./exit-code.ts";
import { print, printJson } from "./print.ts";

/** What a document of crucible_ir says of its outputs, where no flag says otherwise. */
export function settingsOfDocument(file: string, flags: Flags): ReturnType<typeof outputsOf> {
  const { formats, outputDir } = outputsOf(parseIR(readFileSync(file, "utf8")));
  const said = settingsFrom(flags);
  return {
    ...(formats && said.formats === undefined ? { formats } : {}),
    ...(outputDir !== undefined && said.outputDir === undefined ? { outputDir } : {}),
  };
}

/** `crucible export <id> --format ir`. @returns the exit code */
export async function exportIR(id: string, flags: Flags): Promise<number> {
  const settings = settingsFrom(flags);
  const { outputDir } = runOptions.parse(settings.outputDir === undefined ? {} : { outputDir: settings.outputDir });
  const path = typeof flags.to === "string" ? flags.to : join(outputDir, `${id}.ir.json`);
  const text = await exportDocument(id, await checkpointDirectory(settings), path === "-" ? undefined : path);
  if (path === "-") print(text.trimEnd());
  else if (flags.json === true) printJson({ type: "export", experimentId: id, format: "ir", path });
  else print(`the experiment in ${path}`);
  return exitCodes.ended;
}
