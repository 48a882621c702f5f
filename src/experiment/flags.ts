import { listOf } from "#src/kernel/glob";

/** What was asked of a run when it was started, beside its experiment file: stored with it, used again when it is resumed. */
export interface StoredFlags {
  /** Settings that came from the call, the command line or, where they decide about results, the environment. Paths are absolute. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Where its tasks run, where that was asked by name. */
  readonly executor?: { readonly name: string; readonly redis?: string };
}

/** Flags with another name than the option's own. */
const flagNames: Readonly<Record<string, string>> = { outputDir: "out", checkpointDir: "checkpoints" };

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** @example flagOf("maxParallel") // => "max-parallel" */
export const flagOf = (name: string): string => flagNames[name] ?? kebab(name);

/**
 * The flags of a command that asks for the same.
 *
 * @example flagWords({ settings: { repeat: 3, formats: ["markdown", "csv"] }, executor: { name: "threads" } }) // => "--repeat 3 --formats markdown,csv --executor threads"
 */
export function flagWords({ settings, executor }: StoredFlags): string {
  return [
    ...Object.entries(settings).map(
      ([name, value]) => `--${flagOf(name)} ${shellWord(Array.isArray(value) ? listOf(value) : String(value))}`,
    ),
    ...(executor ? [`--executor ${executor.name}`] : []),
    ...(executor?.redis === undefined ? [] : [`--redis ${shellWord(executor.redis)}`]),
  ].join(" ");
}

/**
 * A text as one word of a shell.
 *
 * @example shellWord("/my runs/x.ts") // => "'/my runs/x.ts'"
 */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
