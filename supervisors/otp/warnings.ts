import { ConfigError, didYouMean } from "#src/kernel/errors";
import { memo } from "#src/kernel/memo";

/** A key of a spec or of flags that has no meaning. */
export interface Warning {
  readonly of: object;
  readonly sentence: string;
}

/** The keys of `of` that are not `known`, as sentences. OTP ignores them too; a misspelt one is worth a line. */
export const unknownKeys = (of: object, known: readonly string[], path = ""): Warning[] =>
  Object.keys(of)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      of,
      sentence: new ConfigError(
        path ? `${path}.${key}` : key,
        "is not an option and is ignored",
        undefined,
        didYouMean(key, known),
      ).message,
    }));

const warned = new WeakMap<object, Set<string>>();

/** Logs a warning, once for the object that it is about. */
export function warn(logger: (line: string) => void, { of, sentence }: Warning): void {
  const said = memo(warned, of, () => new Set());
  if (said.has(sentence)) return;
  said.add(sentence);
  logger(sentence);
}

/**
 * Looks at what the start functions of one supervisor return, and logs each key that has no meaning, once: they are asked at every start.
 *
 * @param more keys that have a meaning here beside those of every result
 */
export function resultWarnings(
  { logger }: { readonly logger: (line: string) => void },
  onFact: unknown,
  more: readonly string[] = [],
): (result: object, path: string) => void {
  const known = ["logic", "input", "info", ...more];
  return (result, path) => {
    if (onFact === null) return;
    for (const { sentence } of unknownKeys(result, known, path)) warn(logger, { of: known, sentence });
  };
}
