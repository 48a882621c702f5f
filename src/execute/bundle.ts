import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, renameSync, type Stats, statSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Loader, OnResolveArgs, Plugin } from "esbuild";
import { canonicalJson } from "#src/kernel/digest";
import { ConfigError, together } from "#src/kernel/errors";
import { makeFolder } from "#src/node/make-folder";
import { installHint } from "./install-hint.ts";
import { ownPackage } from "./package.ts";

/** An experiment file and all it imports by path, in one module that any thread can load. */
export interface Bundle {
  /** The experiment file. */
  readonly file: string;
  /** The module. */
  readonly path: string;
  /**
   * Identity of the code, the same on every machine: the text of the bundle, versions of the packages it imports, of this package and of
   * Node, and the parameters.
   */
  readonly hash: string;
}

/** Packages are left where they are: what they keep in memory must not exist twice, and some cannot be bundled at all. */
const EXTERNAL = "crucible-package:";
/** What `import.meta` says about a file, before it is known on which machine. */
const PLACES = { url: "crucible-url:", filename: "crucible-filename:", dirname: "crucible-dirname:" };
const PLACEHOLDER = /"(crucible-(?:package|url|filename|dirname):)((?:[^"\\]|\\.)*)"/g;

/**
 * Bundles an experiment file.
 *
 * @param parameters what `-T key=value` gave: other parameters are another experiment
 * @throws ConfigError for a file that is not there or cannot be compiled
 */
export async function bundle(file: string, parameters: Readonly<Record<string, string>> = {}): Promise<Bundle> {
  const entry = resolve(file.startsWith("file:") ? fileURLToPath(file) : file);
  if (!existsSync(entry)) throw new ConfigError(file, "must be an experiment file", undefined, "There is no such file");
  const root = dirname(entry);
  const packages = new Map<string, string>();
  const text = await compile(entry, root, packages, parameters);
  const identity = {
    parameters,
    packages: [...packages.keys()].sort(),
    node: process.versions.node.split(".")[0],
    crucible: ownPackage().version,
  };
  const hash = sha256(`${text}\n${canonicalJson(identity)}`).slice(0, 32);
  return { file: entry, path: keep(placed(text, root, packages)), hash };
}

/** The text of a file and all that it imports by path: without comments, and with no place of this machine in it. @throws ConfigError for one that cannot be compiled */
export const bundleText = (entry: string, parameters?: Readonly<Record<string, string>>): Promise<string> =>
  compile(entry, dirname(entry), new Map(), parameters);

/** A module of this package as any thread can load it: itself where it was built, else a bundle of its source. */
export function ownModule(name: string): Promise<string> {
  const known = ownModules.get(name) ?? makeOwnModule(name);
  ownModules.set(name, known);
  return known;
}

const ownModules = new Map<string, Promise<string>>();

async function makeOwnModule(name: string): Promise<string> {
  const { root, isSource, fileOf } = ownPackage();
  if (!isSource) return fileOf(name);
  const packages = new Map<string, string>();
  return keep(placed(await compile(fileOf(name), root, packages), root, packages));
}

async function compile(
  entry: string,
  root: string,
  packages: Map<string, string>,
  { registry = "" }: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { build } = await import("esbuild");
  const { isSource, name } = ownPackage();
  try {
    const { outputFiles } = await build({
      ...(entry.endsWith(".json")
        ? { stdin: { contents: moduleOf(entry, registry, name), resolveDir: root } }
        : { entryPoints: [entry] }),
      absWorkingDir: root,
      bundle: true,
      write: false,
      format: "esm",
      platform: "node",
      target: "node20",
      charset: "utf8",
      keepNames: true, // a scorer is known by the name of its function
      legalComments: "none",
      conditions: isSource ? [`${name}-source`] : [], // named, so that esbuild adds none that Node does not know
      define: Object.fromEntries(Object.keys(PLACES).map((key) => [`import.meta.${key}`, `__crucible_${key}`])),
      plugins: [leavePackages(packages), rememberPlaces(root)],
      logLevel: "silent",
    });
    return outputFiles[0]!.text;
  } catch (thrown) {
    const { errors = [] } = thrown as { errors?: readonly CompileError[] };
    if (errors.length === 0) throw thrown;
    throw together(errors.slice(0, MOST_ERRORS).map((error) => compileFault(error, entry, root)));
  }
}

/** The experiment file that a document of crucible_ir and its registry are together. */
const moduleOf = (document: string, registry: string, name: string): string => `
import document from ${JSON.stringify(document)};
import registry from ${JSON.stringify(registry)};
import { fromIR } from ${JSON.stringify(`${name}/ir`)};
export default async (parameters) => fromIR(document, typeof registry === "function" ? await registry(parameters) : registry);
`;

/** What esbuild says is wrong, and where. */
interface CompileError {
  readonly text: string;
  readonly location: { readonly file: string; readonly line: number; readonly column: number } | null;
}

/** Faults of a file that are told. */
const MOST_ERRORS = 10;

function compileFault({ text, location }: CompileError, entry: string, root: string): ConfigError {
  const place = location
    ? `${shortPath(resolve(root, location.file))}:${location.line}:${location.column + 1}`
    : shortPath(entry);
  return new ConfigError(place, `cannot be compiled (${text})`, undefined, installHint(text));
}

/** A path as one would type it here. */
function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") ? path : fromHere;
}

/**
 * Looks for what cannot be compiled in a file and in all that it imports by path; makes nothing of it.
 *
 * @throws ConfigError that names each fault as `file:line:column`
 */
export const checkCompiles = async (file: string): Promise<void> =>
  void (await compile(resolve(file), dirname(resolve(file)), new Map()));

/** Leaves every import of a package to Node, by the path that it has from where it is imported. */
const leavePackages = (packages: Map<string, string>): Plugin => ({
  name: "leave-packages",
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, resolveDir, pluginData }: OnResolveArgs) => {
      if (isBuiltin(path)) return { path, external: true };
      if (kind === "entry-point" || pluginData === leavePackages) return undefined;
      const { name, isSource, entryOf } = ownPackage();
      const isOwn = path === name || path.startsWith(`${name}/`);
      if (isOwn && isSource) return undefined; // our own sources, which Node cannot load
      const target = isOwn
        ? entryOf(path)
        : await build
            .resolve(path, { kind, importer, resolveDir, pluginData: leavePackages })
            .then(({ path: found, errors }) => (errors.length > 0 ? undefined : found));
      // a path alias, a package of the workspace, nothing at all: esbuild knows, and what it finds itself gives the same text every time
      if (target === undefined || !(isOwn || target.includes(`${sep}node_modules${sep}`))) return undefined;
      const named = `${path} ${placeInPackage(target)}`;
      packages.set(named, target);
      return { path: EXTERNAL + named, external: true };
    });
  },
});

/** Lets `import.meta.url` and its kin say the place of the file they are written in, not of the bundle. */
const rememberPlaces = (root: string): Plugin => ({
  name: "remember-places",
  setup(build) {
    build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      if (!text.includes("import.meta")) return undefined;
      const place = relative(root, path).replaceAll(sep, "/");
      const names = Object.entries(PLACES).map(
        ([key, prefix]) => `__crucible_${key} = ${JSON.stringify(prefix + place)}`,
      );
      const loader = extname(path).replace(/^\.[cm]?/, "") as Loader;
      return { contents: `const ${names.join(", ")};\n${text.replace(/^#!.*/, "")}`, loader };
    });
  },
});

/** The text with the places of this machine in it. */
const placed = (text: string, root: string, packages: Map<string, string>): string =>
  text.replace(PLACEHOLDER, (whole, prefix: string, name: string) => {
    if (prefix === EXTERNAL) return JSON.stringify(pathToFileURL(packages.get(name) ?? name).href);
    const path = resolve(root, JSON.parse(`"${name}"`) as string);
    if (prefix === PLACES.url) return JSON.stringify(pathToFileURL(path).href);
    if (prefix === PLACES.filename) return JSON.stringify(path);
    return prefix === PLACES.dirname ? JSON.stringify(dirname(path)) : whole;
  });

/** Keeps a text under its own digest, where only this user can write: the same text is the same file. */
function keep(text: string): string {
  const path = join(cacheFolder(), `${sha256(text).slice(0, 32)}.mjs`);
  if (existsSync(path) && readFileSync(path, "utf8") === text) return path;
  const unfinished = `${path}.${randomUUID()}`;
  writeFileSync(unfinished, text, { mode: 0o600 });
  renameSync(unfinished, path); // two runs may do this at once
  return path;
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME: given = "" } = process.env;
  try {
    // a relative one is invalid, as its specification says; a user without a home has no `homedir`
    const folder = join(isAbsolute(given) ? given : join(homedir(), ".cache"), "crucible-harness", "bundles");
    makeFolder(folder, 0o700);
    if (isOwn(statSync(folder))) return folder;
  } catch {
    // no home that can be written to
  }
  return mkdtempSync(join(tmpdir(), "crucible-bundle-"));
}

/** Whether a folder is this user's, and others may not write to it: what is in it is run. */
const isOwn = ({ uid, mode }: Stats): boolean =>
  process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);

/** Name and version of the package that a file belongs to, and where in it: the same on every machine. */
function placeInPackage(path: string): string {
  for (let at = dirname(path); ; at = dirname(at)) {
    const manifest = join(at, "package.json");
    if (existsSync(manifest)) {
      const { name, version } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: string; version?: string };
      if (name !== undefined && version !== undefined)
        return `${name}@${version}/${relative(at, path).replaceAll(sep, "/")}`;
    }
    if (dirname(at) === at) return "of unknown version";
  }
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
