import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { importDefault } from "#src/app/import-default";
import { inUserCode } from "#src/app/load-error";
import { type OptionSection, optionReference, outsideOptions } from "#src/app/option-reference";
import { declaredParameters } from "#src/experiment/parameters";
import { didYouMean, show as shown } from "#src/kernel/errors";
import { exitCodes } from "./exit-code.ts";
import { print, printJson, warn } from "./print.ts";
import type { Flags } from "./run.ts";

/** `crucible options [word]`, or of an experiment file. @returns the exit code: 2 where no option has the word in its name */
export async function listOptions(word: string | undefined, flags: Flags): Promise<number> {
  if (word !== undefined && /\.(m?[jt]s|tsx)$/.test(word) && existsSync(word)) return listParameters(word, flags);
  const sections = optionReference(word);
  if (sections.length === 0) {
    const known = new Set(optionReference().flatMap(({ rows }) => rows.map(({ path }) => path.split(/[.[]/).at(-1)!)));
    warn(`crucible: no option has ${shown(word)} in its name. ${didYouMean(word!, [...known])}`);
    return exitCodes.usage;
  }
  if (flags.json === true)
    for (const { title, rows } of sections) for (const row of rows) printJson({ of: title, ...row });
  else sections.forEach(show);
  return exitCodes.ended;
}

/** The `-T` parameters that a file declares. */
async function listParameters(file: string, flags: Flags): Promise<number> {
  const exported = await inUserCode(file, "cannot be loaded", () => importDefault<unknown>(resolve(file), true));
  const rows = declaredParameters(exported);
  const title = `-T parameters of ${file}`;
  if (!rows) print(`${file} declares no -T parameters: withParameters() of crucible-harness declares them`);
  else if (flags.json === true) for (const row of rows) printJson({ of: title, ...row });
  else show({ title, about: "crucible run, estimate and worker take them as -T name=value.", rows }, 0);
  return exitCodes.ended;
}

function show({ title, about, rows }: OptionSection, i: number): void {
  print(...(i > 0 ? [""] : []), title, `  ${about}`);
  const outside = new Map(outsideOptions().map((one) => [one.name, one]));
  for (const { path, type, default: usual, required, sentence } of rows) {
    const fallback = required ? "required" : usual === undefined ? "" : `default ${cut(usual)}`;
    print("", `  ${path}`, ...wrapped([cut(type), fallback].filter(Boolean).join(", ")), ...wrapped(sentence));
    const said = title.startsWith("run(") || !path.includes(".") ? outside.get(path) : undefined;
    if (said?.flag) print(`      ${said.flag}, ${said.variable}`);
  }
}

const WIDTH = 94;

/** As much as a line of a table has room for. */
const cut = (text: string): string => (text.length > 160 ? `${text.slice(0, 159)}…` : text);

function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line && line.length + word.length + 1 > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line].map((one) => `      ${one}`);
}
