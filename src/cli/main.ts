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
  const { runCommand } = await import("./commands.ts");
  await runCommand(argv, version());
}

function version(): string {
  try {
    const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8"); // from src/cli as from dist/chunks
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    return "unknown";
  }
}
