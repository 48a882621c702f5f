#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

// V8 may decide that what one expression makes is long-lived, once and for the whole process: everything that a finished task refers to
// is then kept until the next full collection, and a task costs twice as much (docs/scale.md). A flag that V8 does not know prints an error
if (Number.parseInt(process.versions.node, 10) < 26) setFlagsFromString("--no-allocation-site-pretenuring");

/** The command. `--version` answers before anything heavy is loaded. */
const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
  process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (code === "EPIPE") return; // its reader has gone
    process.stderr.write(`crucible: what was printed is not complete (${message})\n`);
    process.exitCode = 1;
  });
  process.stdout.write(`${version()}\n`);
} else {
  const commands = await import("./commands.ts").catch(refuseToStart);
  await commands?.runCommand(argv, version());
}

/** Some package managers leave it to their user to install the packages that are shared with the user's own code. */
function refuseToStart(error: unknown): undefined {
  const missing = /^Cannot find package '([^']+)'/.exec((error as Error).message)?.[1];
  if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND" || missing === undefined) throw error;
  process.stderr.write(
    `crucible: the package ${missing} must be installed beside crucible-harness. Yarn 1, and npm with legacy-peer-deps, leave that to you: npm install ${missing}, or yarn add ${missing} (docs/errors.md#before-anything-starts)\n`,
  );
  process.exitCode = 2;
}

function version(): string {
  try {
    const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8"); // from src/cli as from dist/chunks
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    return "unknown";
  }
}
