// Packs the package, installs it in an empty folder as a user would, and uses every subpath of it there: code, types and command.
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(import.meta.dirname, "..");
const { exports, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const subpaths = Object.keys(exports).filter((subpath) => !subpath.endsWith(".json") && subpath !== "./vitest"); // which needs Vitest
const modules = subpaths.map((subpath) => subpath.replace(".", "crucible-harness"));
const elsewhere = mkdtempSync(join(tmpdir(), "crucible-smoke-"));
const run = promisify(execFile);
const inFolder = (folder, command, ...args) => execFileSync(command, args, { cwd: folder, encoding: "utf8" });
const write = (name, text) => writeFileSync(join(elsewhere, name), text);

try {
  console.log(inFolder(root, "npx", "--no-install", "publint", "--strict").trim());
  const [packed] = JSON.parse(
    inFolder(root, "npm", "pack", "--ignore-scripts", "--json", "--pack-destination", elsewhere),
  );
  write("package.json", JSON.stringify({ name: "smoke", private: true, type: "module" }));
  inFolder(elsewhere, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", `./${packed.filename}`);

  write(
    "import.js",
    modules.map((name) => `console.log("${name}", Object.keys(await import("${name}")).length, "names");`).join("\n"),
  );
  console.log(inFolder(elsewhere, process.execPath, "import.js").trim());

  const types = modules.map((name, i) => `import * as module${i} from "${name}"; void module${i};`).join("\n");
  write("types.ts", `${types}\n// @ts-expect-error a name must be text\nmodule0.defineExperiment({ name: 1 });\n`);
  for (const [module, moduleResolution] of [
    ["NodeNext", "NodeNext"],
    ["ESNext", "Bundler"],
  ]) {
    const options = [
      "--module",
      module,
      "--moduleResolution",
      moduleResolution,
      "--strict",
      "--skipLibCheck",
      "--noEmit",
    ];
    const typeRoots = ["--typeRoots", join(root, "node_modules/@types"), "--types", "node", "--target", "ES2023"];
    inFolder(
      elsewhere,
      process.execPath,
      join(root, "node_modules/typescript/bin/tsc"),
      ...options,
      ...typeRoots,
      "types.ts",
    );
    console.log(`types: ${moduleResolution}`);
  }

  write(
    "hello.ts",
    `import { defineExperiment } from "crucible-harness";
     export default defineExperiment({
       name: "hello", dataset: [{ id: "a" }, { id: "b" }], metrics: ["accuracy"],
       conditions: [{ name: "one", run: () => ({ accuracy: 1 }) }, { name: "two", run: () => ({ accuracy: 0 }) }],
     });`,
  );
  if (inFolder(elsewhere, "npx", "--no-install", "crucible", "--version").trim() !== version)
    throw new Error("crucible --version");
  console.log(inFolder(elsewhere, "npx", "--no-install", "crucible", "run", "hello.ts", "--yes").trim());
  write(
    "bundled.mjs",
    `import { defineExperiment, memoryStore, run } from "crucible-harness";
    const experiment = defineExperiment({ name: "bundled", dataset: [1], metrics: ["n"], conditions: [{ name: "one", run: (n) => ({ n }) }] });
    console.log("bundled:", (await run(experiment, { store: () => memoryStore(), formats: [] })).status);`,
  );
  const alone = mkdtempSync(join(tmpdir(), "crucible-bundled-"));
  const flags = [
    "--bundle",
    "--platform=node",
    "--format=esm",
    "--log-level=error",
    `--outfile=${join(alone, "out.mjs")}`,
  ];
  inFolder(elsewhere, "npx", "--no-install", "esbuild", "bundled.mjs", ...flags);
  console.log(inFolder(alone, process.execPath, "out.mjs").trim());
  rmSync(alone, { recursive: true });

  const templates = inFolder(elsewhere, "npx", "--no-install", "crucible", "init", "--help").match(
    /^ {2}[a-z-]+(?= {2,}[a-z])/gm,
  );
  const starts = templates.map(async (indented) => {
    const template = indented.trim();
    await run("npx", ["--no-install", "crucible", "init", template, template], { cwd: elsewhere });
    const { stdout } = await run("npm", ["start"], { cwd: join(elsewhere, template) });
    if (!/ = \d+ succeeded|stopped: \w+/.test(stdout))
      throw new Error(`crucible init ${template}: npm start said ${stdout}`);
    return template;
  });
  console.log("templates:", (await Promise.all(starts)).join(", "));
  console.log(`smoke: ${modules.length} subpaths passed, 0 failed`);
} finally {
  rmSync(elsewhere, { recursive: true, force: true });
}
