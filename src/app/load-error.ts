import { existsSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { checkCompiles } from "#src/execute/bundle";
import { installHint } from "#src/execute/install-hint";
import { ConfigError, InvariantError, StoreError } from "#src/kernel/errors";
import { FailureError, toFailure } from "#src/kernel/failure";

/**
 * Does what calls somebody's code while nothing runs yet: imports an experiment file, calls what it exports. An error in that code becomes a
 * sentence with its place.
 *
 * @param file the file, or what else is called: `dataset()`
 * @param does the middle of the sentence: `cannot be loaded`
 * @throws ConfigError; what this package throws itself stays as it is
 */
export async function inUserCode<T>(file: string, does: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConfigError || OWN.some((kind) => error instanceof kind)) throw error;
    if (isOfCompiling(error) && existsSync(file)) await checkCompiles(file);
    throw new ConfigError(
      file,
      `${does} (${described(error)})`,
      undefined,
      error instanceof Error ? installHint(error.message) : undefined,
    );
  }
}

const OWN = [FailureError, StoreError, InvariantError];

/** Whether a module could not be read, or one that it imports: then the compiler knows the place. */
function isOfCompiling(error: unknown): boolean {
  if (error instanceof SyntaxError) return true;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return (
    ["ERR_MODULE_NOT_FOUND", "ERR_UNSUPPORTED_DIR_IMPORT"].includes(String(code)) ||
    /^Transform failed/.test(String(message))
  );
}

/** What was thrown, on one line, and the first line of somebody's own code that it came through. */
function described(error: unknown): string {
  const words = toFailure(error, 0).message.split("\n", 1)[0]!;
  if (!(error instanceof Error)) return words;
  const frames = String(error.stack).matchAll(/^ {4}at (?:.*\()?((?:file:\/\/)?\/[^()\n]*?):(\d+):(\d+)\)?$/gm);
  for (const [, at, line, column] of frames) {
    const path = at!.startsWith("file:") ? fileURLToPath(at!.replace(/[?#].*/, "")) : at!;
    if (/[\\/]node_modules[\\/]/.test(path) || isOurs(path)) continue;
    const short = relative(process.cwd(), path);
    return `${error.name}: ${words}, at ${short.startsWith("..") ? path : short}:${line}:${column}`;
  }
  return `${error.name}: ${words}`;
}

const here = fileURLToPath(new URL("../", import.meta.url));
const isOurs = (path: string): boolean => path.startsWith(here);
