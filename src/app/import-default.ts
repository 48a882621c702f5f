import { existsSync } from "node:fs";
import nodeModule, { register } from "node:module";
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
  const load = async (): Promise<T> => ((await import(pathToFileURL(path).href)) as { default: T }).default;
  return extension === ".js" ? loadJs(path, load) : load();
}

/** A .js file may be no ES module: then Node's own warning, which says the same as our sentence, is held back. */
async function loadJs<T>(path: string, load: () => Promise<T>): Promise<T> {
  const listeners = process.listeners("warning");
  const held: Error[] = [];
  const hold = (warning: Error): void => void held.push(warning);
  for (const listener of listeners) process.off("warning", listener);
  process.on("warning", hold);
  let isSaid = false;
  try {
    return await load();
  } catch (error) {
    isSaid = error instanceof SyntaxError && /outside a module|Unexpected token 'export'/.test(error.message);
    if (!isSaid) throw error;
    const hint = 'Name it .mjs or .ts, or say "type": "module" in its package.json';
    throw new ConfigError(path, "must be an ES module", undefined, hint);
  } finally {
    process.off("warning", hold);
    for (const listener of listeners) process.on("warning", listener);
    for (const warning of held) if (!(isSaid && /ES module/.test(warning.message))) process.emit("warning", warning);
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
  readAsModules();
}

/** What `resolve` of a loader is given and gives. */
interface Resolved {
  readonly url: string;
}
type Resolve = (
  specifier: string,
  context: unknown,
  next: (specifier: string, context: unknown) => Resolved,
) => Resolved;
/** Node 22.15 and later have it; Node 26 warns of `register`. */
const { registerHooks } = nodeModule as {
  readonly registerHooks?: (hooks: { readonly resolve: Resolve }) => { deregister(): void };
};
let reading: { deregister(): void } | undefined;

/** Ours stands before tsx, and so is registered after it. */
function readAsModules(): void {
  if (!registerHooks) {
    register(`data:text/javascript,${encodeURIComponent(typescriptIsModules)}`);
    return;
  }
  reading?.deregister();
  reading = registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context);
      return TYPESCRIPT.test(found.url) && !found.url.includes("/node_modules/")
        ? { ...found, format: "module" }
        : found;
    },
  });
}

const TYPESCRIPT = /\.tsx?($|[?#])/;

/**
 * In a package of `"type": "commonjs"`, which `npm init` makes, tsx would require() a .ts file, which cannot import this package in turn.
 * All TypeScript outside node_modules is therefore read as what it is written as: ES modules.
 */
const typescriptIsModules = `
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  const isOwn = ${TYPESCRIPT}.test(found.url) && !found.url.includes("/node_modules/");
  return isOwn ? { ...found, format: "module" } : found;
}`;
