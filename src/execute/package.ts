import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError } from "#src/kernel/errors";

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

const NAME = "crucible-harness";

function look(): OwnPackage {
  const here = fileURLToPath(import.meta.url);
  const isSource = extname(here) === ".ts";
  const own = ownIn(dirname(here));
  if (!own) return bundled(dirname(here));
  const { root, name, version, exports } = own;
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

/** The nearest folder upwards that is this package: how deep this module stands is the compiler's affair. */
function ownIn(folder: string): (PackageJson & { readonly root: string }) | undefined {
  const path = join(folder, "package.json");
  if (existsSync(path)) {
    const found = JSON.parse(readFileSync(path, "utf8")) as PackageJson;
    if (found.name === NAME) return { ...found, root: folder };
  }
  return dirname(folder) === folder ? undefined : ownIn(dirname(folder));
}

/** Inside a bundle of another program: what runs in this process works, and what needs files of this package says so. */
const bundled = (root: string): OwnPackage => ({
  name: NAME,
  version: "unknown (bundled)",
  root,
  isSource: false,
  entryOf: () => undefined,
  fileOf: (module) => {
    const hint = `Leave it external, as esbuild does with --packages=external or --external:${NAME}`;
    throw new ConfigError(NAME, `must not be bundled where ${module} runs in a thread or a process`, undefined, hint);
  },
});
