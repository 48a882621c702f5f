import { existsSync, lstatSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { ConfigError, meant } from "#src/kernel/errors";
import { makeFolder } from "#src/node/make-folder";
import { exitCodes } from "./exit-code.ts";
import { packageFolder } from "./package-folder.ts";
import { print } from "./print.ts";
import { packageJsonFor, type Template, templates } from "./templates.ts";

const FIRST = "functions";

/**
 * `crucible init [template] [folder]`: writes a small folder that runs at once. All files are written or none.
 *
 * @returns the exit code
 * @throws ConfigError for an unknown template, and where a file would be overwritten
 */
export function init(version: string, name = FIRST, folder = "."): number {
  const template = Object.hasOwn(templates, name) ? templates[name]! : undefined;
  if (!template) {
    const hint = meant(name, Object.keys(templates)) ?? `For a folder of that name: crucible init ${FIRST} <folder>`;
    throw new ConfigError("template", `must be one of ${Object.keys(templates).join(", ")}`, name, hint);
  }
  const root = resolve(folder);
  const contents = contentsOf(template, basename(root), version);
  refuseToOverwrite(name, folder, root, Object.keys(contents));
  writeAll(root, contents);
  print(`Wrote ${Object.keys(contents).sort().join(", ")}: ${template.about}.`, "");
  print("Next:", ...nextSteps(root, template).map((step) => `  ${step}`), "", `Then ${template.next}.`);
  const others = Object.keys(templates).filter((other) => other !== name);
  print(`Other templates: ${others.join(", ")}.`);
  return exitCodes.ended;
}

function contentsOf(template: Template, folder: string, version: string): Record<string, string> {
  const own = packageFolder();
  const files = Object.entries(template.files).map(
    ([to, from]) => [to, readFileSync(join(own, from), "utf8")] as const,
  );
  return { "package.json": packageJsonFor(template, folder, version), ...Object.fromEntries(files) };
}

/** A file that is there stays as it is. */
function refuseToOverwrite(name: string, folder: string, root: string, files: readonly string[]): void {
  for (let at = root; at !== dirname(at); at = dirname(at)) {
    if (existsSync(at) && !statSync(at).isDirectory())
      throw new ConfigError("folder", "must be a folder", folder, `${at} is not a folder`);
    if (isLinkToNothing(at)) throw new ConfigError("folder", "must be a folder", folder, `${at} is a link to nothing`);
  }
  const taken = files.filter((file) => isTaken(join(root, file))).sort();
  if (taken.length === 0) return;
  const what =
    taken.length === 1 ? `${taken[0]} is there` : `${taken.slice(0, -1).join(", ")} and ${taken.at(-1)} are there`;
  const hint = `${what}, and nothing was written. Name another folder: crucible init ${name} <folder>`;
  throw new ConfigError("folder", "must hold none of the files of the template", folder, hint);
}

function isLinkToNothing(path: string): boolean {
  try {
    return !existsSync(path) && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch {
    return false; // a folder above it is what is wrong
  }
}

/** Whether something stands there, a link to nothing included, or a file in place of one of its folders. */
function isTaken(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (/^(ENOTDIR|ELOOP)$/.test((error as NodeJS.ErrnoException).code ?? "")) return true;
    throw error;
  }
}

function writeAll(root: string, contents: Readonly<Record<string, string>>): void {
  const written: string[] = [];
  try {
    for (const [file, text] of Object.entries(contents)) {
      const path = join(root, file);
      makeFolder(dirname(path));
      writeFileSync(path, text, { flag: "wx" });
      written.push(path);
    }
  } catch (error) {
    for (const path of written) rmSync(path, { force: true });
    throw error;
  }
}

/** What to type, by the package manager that this was started with. */
function nextSteps(root: string, template: Template): string[] {
  const manager = /^(pnpm|yarn|bun)\//.exec(process.env.npm_config_user_agent ?? "")?.[1] ?? "npm";
  const way = relative(process.cwd(), root);
  const quoted = /^[\w./\\:@+-]+$/.test(way) ? way : `'${way.replaceAll("'", "'\\''")}'`;
  return [
    ...(way === "" ? [] : [`cd ${quoted}`]),
    ...(isInstalled(root, template) ? [] : [`${manager} install`]),
    `${manager} start`,
  ];
}

/** Whether the packages that a template needs are found from there, so that it runs without a network. */
function isInstalled(root: string, { packages = {} }: Template): boolean {
  const { resolve: find } = createRequire(join(root, "package.json"));
  try {
    for (const name of ["crucible-harness", ...Object.keys(packages)]) find(`${name}/package.json`);
    return true;
  } catch {
    return false;
  }
}
