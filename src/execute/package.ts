import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** This package as it runs here: from its sources or from what was built of them. */
export interface OwnPackage {
  readonly name: string;
  readonly version: string;
  /** Its folder. */
  readonly root: string;
  /** Whether its sources run. */
  readonly isSource: boolean;
  /** The file behind a public name such as `crucible-harness/solver`; nothing where there is no such subpath. */
  entryOf(specifier: string): string | undefined;
  /** The file of a module such as `execute/thread-worker`. */
  fileOf(module: string): string;
}

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

let found: OwnPackage | undefined;

/** @example ownPackage().name // => "crucible-harness" */
export function ownPackage(): OwnPackage {
  found ??= look();
  return found;
}

function look(): OwnPackage {
  const here = fileURLToPath(import.meta.url);
  const isSource = extname(here) === ".ts";
  const root = folderOf("package.json", dirname(here));
  const { name, version, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as PackageJson;
  return {
    name,
    version,
    root,
    isSource,
    entryOf: (specifier) => {
      const target = exports[`.${specifier.slice(name.length)}`];
      const path = typeof target === "string" ? target : target?.[isSource ? `${name}-source` : "default"];
      return path === undefined ? undefined : join(root, path);
    },
    fileOf: (module) => join(root, isSource ? `src/${module}.ts` : `dist/src/${module}.js`),
  };
}

/** The nearest folder upwards with such a file: how deep this module stands is the compiler's affair. */
function folderOf(file: string, folder: string): string {
  if (existsSync(join(folder, file)) || dirname(folder) === folder) return folder;
  return folderOf(file, dirname(folder));
}
