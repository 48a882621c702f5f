/**
 * The code of the build. A process that starts reads a few dozen files in the place of six hundred: modules that are always loaded together
 * stand in one file of `dist/chunks`, and the module that each source has in `dist` exports from there what the source exports.
 *
 *     npm run build
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { type CodeSplittingNameFunction, rolldown } from "rolldown";

type Manifest = {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
};
type Graph = Parameters<CodeSplittingNameFunction>[1];

const ownRoot = resolve(import.meta.dirname, "..");
const FOLDERS = ["src", "actors", "supervisors"];
/** What `dist` was made from. */
const STAMP = "dist/sources.sha256";
/** Modules that a thread begins with, though others import them too. */
const ofThreads = ["src/app/watchdog-thread.ts", "src/testing/executor-world.ts"];
/** Browsers have another in its place: `imports` in package.json says which. */
const REPLACED = "#src/xstate-adoption";
/**
 * A package whose used part is put into `dist`: of its hundred files, which each command would read, a fifth of the text is used. A schema of a
 * user's own copy, of any version 4, is known by what it says of itself, and both share one registry of descriptions.
 */
const INLINED = /^zod$/;
const IN_ZOD = /[\\/]node_modules[\\/]zod[\\/]/;
/** Its module that sets the language of messages, which is why it is loaded. */
const SETS_LANGUAGE = /[\\/]zod[\\/]v4[\\/]classic[\\/]external\.js$/;
/** What browsers load keeps one file a module: their bundlers leave out modules that a program does not use, and not all that is in one. */
const IN_BROWSERS = "supervisors/otp/index.ts";

/**
 * Makes `dist` what the sources say, but for the types; changes nothing where it is already. What the sources are tells, and no time of a
 * file: a file that is written while another is compiled is newer than what is built of it, and older.
 */
export async function bundle(root: string = ownRoot): Promise<void> {
  const filesIn = (folder: string, extension: RegExp): string[] => {
    if (!existsSync(join(root, folder))) return [];
    return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => extension.test(name) && !name.endsWith(".d.ts"))
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`);
  };
  const sources = FOLDERS.flatMap((folder) => filesIn(folder, /\.ts$/)).sort();
  const digest = digestOf(root, sources); // before they are compiled: of one that is edited meanwhile the next build finds another
  const stamp = join(root, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  const texts = await compile(root, sources);
  for (const [file, text] of texts) write(join(root, file), text);
  for (const file of filesIn("dist", /\.js(\.map)?$/)) if (!texts.has(file)) rmSync(join(root, file));
  write(stamp, digest);
}

/** Of the sources, and of what else decides what is built. */
function digestOf(root: string, sources: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of [
    import.meta.filename,
    inlined("package.json"),
    ...["package.json", ...sources].map((each) => join(root, each)),
  ])
    hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file));
  return hash.digest("hex");
}

/** A file of the package that is put into `dist`. */
const inlined = (file: string): string => createRequire(import.meta.url).resolve(`zod/${file}`);

/** A file with the licence of what is in it, at its end, where it moves no line. */
const licensed = (code: string): string => {
  const text = readFileSync(join(dirname(inlined("package.json")), "LICENSE"), "utf8").trim();
  return code.replace(/(?=\n\/\/# sourceMappingURL=)/, `\n/*! zod\n${text.replaceAll("*/", "* /")}\n*/`);
};

/** The text of each file. */
async function compile(root: string, sources: readonly string[]): Promise<Map<string, string | Uint8Array>> {
  let chunks: ReadonlyMap<string, string> | undefined;
  await using built = await rolldown({
    cwd: root,
    input: Object.fromEntries(sources.map((source) => [source.replace(/\.ts$/, ""), join(root, source)])),
    platform: "neutral", // no require(), which asks for node:module: supervision runs in browsers
    external: (id, from) =>
      id === REPLACED || (/^[^./#]/.test(id) && !INLINED.test(id) && !IN_ZOD.test(from ?? "") && !isAbsolute(id)),
    resolve: { conditionNames: ["crucible-harness-source"] },
    transform: { target: "es2023" },
    preserveEntrySignatures: "allow-extension",
    treeshake: { moduleSideEffects: (id) => SETS_LANGUAGE.test(id) }, // none of ours, as package.json says
    optimization: { inlineConst: false },
    checks: { ineffectiveDynamicImport: false },
    tsconfig: false,
  });
  const { output } = await built.generate({
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name].js",
    minifyInternalExports: false,
    keepNames: true, // a scorer is known by the name of its function
    comments: { jsdoc: false },
    sourcemap: true,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        {
          debugName: "loaded together",
          name: (id, graph) => {
            if (IN_ZOD.test(id)) return "zod";
            chunks ??= chunksOf(root, sources, graph);
            return chunks.get(id) ?? null;
          },
        },
      ],
    },
  });
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
  const known = new Set([REPLACED, ...output.map(({ fileName }) => fileName)]);
  for (const each of output)
    for (const id of each.type === "chunk" ? [...each.imports, ...each.dynamicImports] : []) {
      const name = id.split("/", id.startsWith("@") ? 2 : 1).join("/");
      if (!known.has(id) && !id.startsWith("node:") && !(name in { ...dependencies, ...peerDependencies }))
        throw new Error(`${each.fileName} must import what the package depends on, got ${JSON.stringify(id)}`);
    }
  // the helper of `keepNames` is imported by files that do not use it, too: bundlers of other programs warn of that
  const unused = /^import "\.\/rolldown-runtime\.js";$/m;
  return new Map(
    output.map((each) => [
      `dist/${each.fileName}`,
      each.type === "chunk"
        ? each.fileName === "chunks/zod.js"
          ? licensed(each.code)
          : each.code.replace(unused, "")
        : each.source,
    ]),
  );
}

/**
 * The chunk of each module. Modules that the same starts lead to are either all loaded or none of them: so no chunk brings what is not asked
 * for, and no two import each other.
 */
function chunksOf(root: string, sources: readonly string[], graph: Graph): ReadonlyMap<string, string> {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
  const subpaths = Object.values(exports).map((target) => Object(target)["crucible-harness-source"] as string);
  const ids = sources.map((source) => join(root, source));
  const starts = new Set([...subpaths, ...ofThreads].filter((each) => each).map((source) => join(root, source)));
  for (const id of ids) {
    const { importers, dynamicImporters } = graph.getModuleInfo(id)!;
    if (importers.length === 0 || dynamicImporters.length > 0) starts.add(id);
  }

  const loadedBy = (start: string): ReadonlySet<string> => {
    const loaded = new Set([start]);
    for (const id of loaded) for (const next of graph.getModuleInfo(id)?.importedIds ?? []) loaded.add(next);
    return loaded;
  };
  const inBrowsers = loadedBy(join(root, IN_BROWSERS));
  const leadingTo = new Map(ids.map((id) => [id, inBrowsers.has(id) ? [id] : ([] as string[])]));
  for (const start of [...starts].filter((id) => leadingTo.has(id)))
    for (const id of loadedBy(start)) leadingTo.get(id)?.push(start);
  const names = new Map<string, string>();
  const keyOf = (id: string): string => (leadingTo.get(id) ?? []).join();
  for (const id of [...starts, ...ids]) if (!names.has(keyOf(id))) names.set(keyOf(id), nameOf(relative(root, id)));
  return new Map(ids.map((id) => [id, names.get(keyOf(id))!]));
}

/** @example nameOf("src/app/run.ts") // => "app-run" */
const nameOf = (path: string): string => path.replace(/^src[\\/]|\.ts$/g, "").replaceAll(/[\\/]/g, "-");

/** At once: a process that starts meanwhile reads the old text or the new one. */
function write(path: string, text: string | Uint8Array): void {
  if (existsSync(path) && readFileSync(path, "utf8") === String(text)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

if (process.argv[1] === import.meta.filename) await bundle();
