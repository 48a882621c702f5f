import { ConfigError, didYouMean } from "#src/kernel/errors";
import { memo } from "#src/kernel/memo";

/** Something that was given, the keys that have a meaning in it, and its path. */
export type Given = readonly [of: object, known: readonly string[], path?: string];

const warned = new WeakMap<object, Set<string>>();

/**
 * Logs each key that has no meaning. OTP ignores them too; a misspelt one is worth a line.
 *
 * @param once each line is logged once for this object
 */
export function warn(logger: (line: string) => void, [of, known, path]: Given, once = of): void {
  for (const key of Object.keys(of)) {
    if (known.includes(key)) continue;
    const law = "is not an option and is ignored";
    const { message } = new ConfigError(path ? `${path}.${key}` : key, law, undefined, didYouMean(key, known));
    const said = memo(warned, once, () => new Set());
    if (!said.has(message)) logger(message);
    said.add(message);
  }
}
