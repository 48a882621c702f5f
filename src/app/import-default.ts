import { existsSync } from "node:fs";
import { register } from "node:module";
import { dirname, extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError } from "#src/kernel/errors";

const EXTENSIONS = [".ts", ".mts", ".tsx", ".js", ".mjs"];

/**
 * The default export of a TypeScript or JavaScript module, whatever the `package.json` around it says of modules.
 *
 * @param owner whether TypeScript is compiled as the `tsconfig.json` nearest to this file says, from now on; else as that of an earlier one
 * @throws ConfigError for a file that is not a module
 */
export async function importDefault<T>(path: string, owner = false): Promise<T> {
  const extension = extname(path);
  if (!EXTENSIONS.includes(extension)) {
    throw new ConfigError(path, "must be a .ts, .mts, .tsx, .js or .mjs file", extension);
  }
  if (extension.includes("ts") && (owner || !compiling)) await compileBy(tsconfigOf(path));
  try {
    return ((await import(pathToFileURL(path).href)) as { default: T }).default;
  } catch (error) {
    if (
      extension === ".js" &&
      error instanceof SyntaxError &&
      /outside a module|Unexpected token 'export'/.test(error.message)
    )
      throw new ConfigError(
        path,
        "must be an ES module",
        undefined,
        'Name it .mjs or .ts, or say "type": "module" in its package.json',
      );
    throw error;
  }
}

/** The nearest one, as editors find it; path aliases are relative to it. */
function tsconfigOf(path: string): string | undefined {
  for (let at = dirname(path); ; at = dirname(at)) {
    const found = join(at, "tsconfig.json");
    if (existsSync(found)) return found;
    if (dirname(at) === at) return undefined;
  }
}

let compiling: { readonly tsconfig: string | undefined; readonly end: () => Promise<void> } | undefined;

/** From now on TypeScript is compiled as it is imported. */
async function compileBy(tsconfig: string | undefined): Promise<void> {
  if (compiling && compiling.tsconfig === tsconfig) return;
  const { register: compile } = await import("tsx/esm/api");
  await compiling?.end();
  try {
    compiling = { tsconfig, end: compile({ tsconfig: tsconfig ?? false }) };
  } catch (error) {
    throw new ConfigError(tsconfig ?? "tsconfig.json", `cannot be used (${(error as Error).message})`);
  }
  register(`data:text/javascript,${encodeURIComponent(typescriptIsModules)}`);
}

/**
 * In a package of `"type": "commonjs"`, which `npm init` makes, tsx would require() a .ts file, which cannot import this package in turn.
 * All TypeScript outside node_modules is therefore read as what it is written as: ES modules.
 */
const typescriptIsModules = `
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  const isOurs = /\\.tsx?($|[?#])/.test(found.url) && !found.url.includes("/node_modules/");
  return isOurs ? { ...found, format: "module" } : found;
}`;
