import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { ConfigError, meant } from "#src/kernel/errors";
import { headings, sectionOf } from "#src/text/headings";
import { exitCodes } from "./exit-code.ts";
import { packageFolder } from "./package-folder.ts";
import { print, printText } from "./print.ts";

/** A page of the documentation that is in the package. */
export interface Page {
  /** Its path in docs without ending: `how-to/vitest`. */
  readonly name: string;
  /** As Markdown. */
  readonly text: string;
}

/** Every page, in the order of their names. */
export function pages(): Page[] {
  const folder = join(packageFolder(), "docs");
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".md") && !path.startsWith("api/"))
    .sort()
    .map((path) => ({ name: path.slice(0, -3), text: readFileSync(join(folder, path), "utf8") }));
}

/**
 * A page by its name (`how-to/vitest`, `vitest`), a section by page and heading (`reports#quality-gates`) or by its heading alone, where one page
 * has it.
 *
 * @returns Markdown; nothing where there is no such page
 */
export function findPage(topic: string, all: readonly Page[] = pages()): string | undefined {
  const [page = "", slug] = topic
    .toLowerCase()
    .replace(/^docs\/|\.md(?=$|#)/g, "")
    .split("#", 2);
  const named = all.find(({ name }) => name === page) ?? all.find(({ name }) => name.endsWith(`/${page}`));
  if (named) return slug === undefined ? named.text : sectionOf(named.text, slug);
  const alone = (slug ?? page).replaceAll(" ", "-");
  const found = all.flatMap(({ text }) => sectionOf(text, alone) ?? []);
  return found.length === 1 ? found[0] : undefined;
}

/**
 * `crucible help [topic]`: a command's flags, a page of the documentation, a section of one, or options. All of it is in the package.
 *
 * @returns the exit code
 * @throws ConfigError where there is no such topic
 */
export async function help(program: Command, words: readonly string[]): Promise<number> {
  const topic = words.join(" ");
  const command = words.reduce<Command | undefined>(
    (at, word) => at?.commands.find((one) => one.name() === word),
    program,
  );
  if (command) {
    command.outputHelp();
    if (command === program) print("", "Pages, read by crucible help <page>:", ...pages().map(lineOf));
    return exitCodes.ended;
  }
  const page = findPage(topic);
  if (page !== undefined) {
    printText(`${page.trimEnd()}\n`);
    return exitCodes.ended;
  }
  const { optionReference } = await import("#src/app/option-reference");
  if (optionReference(topic).length > 0) return (await import("./options.ts")).listOptions(topic, {});
  const known = [...program.commands.map((one) => one.name()), ...pages().map(({ name }) => name)];
  throw new ConfigError("help", "must be about a command, a page, a section or an option", topic, meant(topic, known));
}

const lineOf = ({ name, text }: Page): string => `  ${name.padEnd(26)}${headings(text)[0]?.title ?? ""}`;
