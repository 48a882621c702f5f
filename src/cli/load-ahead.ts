import { existsSync } from "node:fs";

/**
 * Loads what an experiment in TypeScript imports, and what its reports are made with, before the compiler of its file is there: whatever is
 * imported after that passes through the compiler's thread, and takes three times as long.
 *
 * @param file the experiment file, where it is known: one in JavaScript needs no compiler
 */
export async function loadAhead(file?: string): Promise<void> {
  if (file !== undefined && !(/\.m?tsx?$/.test(file) && existsSync(file))) return;
  await Promise.all([import("#src/index"), import("#src/app/results/judge"), import("#src/app/results/report")]);
}
