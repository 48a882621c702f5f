import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { ownPackage } from "#src/execute/package";
import type { Manifest } from "#src/experiment/manifest";
import { hardwareProfile } from "./hardware.ts";

/** The machine and the code, for the manifest. @param directory a folder inside the experiment's repository */
export function environment(directory: string): Manifest["environment"] {
  const git = gitState(directory);
  return {
    crucible: ownPackage().version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpus: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    ...(git ? { git } : {}),
    hardware: hardwareProfile(),
  };
}

function gitState(directory: string): { commit: string; dirty: boolean } | undefined {
  const git = (...args: string[]): string =>
    execFileSync("git", args, {
      cwd: directory,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 5000,
    }).trim();
  try {
    return { commit: git("rev-parse", "HEAD"), dirty: git("status", "--porcelain") !== "" };
  } catch {
    return undefined; // no repository, or no git
  }
}
