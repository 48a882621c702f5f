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
