import { register } from "node:module";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError } from "#src/kernel/errors";

/**
 * The default export of a TypeScript or JavaScript module, whatever the `package.json` around it says of modules.
 *
 * @throws ConfigError for a file that is not a module
 */
export async function importDefault<T>(path: string): Promise<T> {
  const extension = extname(path);
  if (![".ts", ".mts", ".js", ".mjs"].includes(extension)) {
    throw new ConfigError(path, "must be a .ts, .mts, .js or .mjs file", extension);
  }
  if (extension.endsWith("ts")) await compileOnTheWay();
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

let compiles: Promise<void> | undefined;

/** From now on TypeScript is compiled as it is imported. */
const compileOnTheWay = (): Promise<void> => {
  compiles ??= (async () => {
    (await import("tsx/esm/api")).register();
    register(`data:text/javascript,${encodeURIComponent(typescriptIsModules)}`);
  })();
  return compiles;
};

/**
 * In a package of `"type": "commonjs"`, which `npm init` makes, tsx would require() a .ts file, which cannot import this package in turn.
 * All TypeScript outside node_modules is therefore read as what it is written as: ES modules.
 */
const typescriptIsModules = `
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  const isOurs = /\\.ts($|[?#])/.test(found.url) && !found.url.includes("/node_modules/");
  return isOurs ? { ...found, format: "module" } : found;
}`;
