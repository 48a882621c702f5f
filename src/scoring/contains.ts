import { z } from "zod";
import { ConfigError } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import { isBlankText } from "#src/text/blank";
import { type Scorer, scorer, targetScorer, verdict } from "./scorer.ts";

export const textOptions = z.strictObject({
  ignoreCase: z.boolean().default(false).describe("whether a and A are the same"),
});
export type TextOptions = z.input<typeof textOptions>;

/** Texts to look for, or lists of them; the sample's targets where there are none. Options, where there are some, come last. */
export type Wanted = readonly (string | readonly string[] | TextOptions)[];

/**
 * Correct where the reply contains one of the texts, letter by letter. Composed and decomposed accents are the same.
 *
 * @throws ConfigError for a blank text: everything would contain it
 * @example contains("Paris")
 * @example contains({ ignoreCase: true }) // the sample's targets
 */
export const contains = (...wanted: Wanted): Scorer =>
  textScorer(
    "contains",
    wanted,
    (texts, holds) => texts.some(holds),
    (reply, text) => reply.includes(text),
  );

/** As `contains`, under the name that says that any of several texts will do. */
export const containsAny = (...wanted: Wanted): Scorer =>
  textScorer(
    "containsAny",
    wanted,
    (texts, holds) => texts.some(holds),
    (reply, text) => reply.includes(text),
  );

/** Correct where the reply contains every one of the texts, in any order. */
export const containsAll = (...wanted: Wanted): Scorer =>
  textScorer(
    "containsAll",
    wanted,
    (texts, holds) => texts.every(holds),
    (reply, text) => reply.includes(text),
  );

/** Correct where the reply begins with one of the texts. Blanks before it count. */
export const startsWith = (...wanted: Wanted): Scorer =>
  textScorer(
    "startsWith",
    wanted,
    (texts, holds) => texts.some(holds),
    (reply, text) => reply.startsWith(text),
  );

/** Correct where the reply ends with one of the texts. Blanks and punctuation after it count. */
export const endsWith = (...wanted: Wanted): Scorer =>
  textScorer(
    "endsWith",
    wanted,
    (texts, holds) => texts.some(holds),
    (reply, text) => reply.endsWith(text),
  );

/** Correct where the reply is one of the texts, character by character, blanks and punctuation included. `match` and `exact` are lenient. */
export const equals = (...wanted: Wanted): Scorer =>
  textScorer(
    "equals",
    wanted,
    (texts, holds) => texts.some(holds),
    (reply, text) => reply === text,
  );

function textScorer(
  name: string,
  wanted: Wanted,
  judge: (texts: readonly string[], holds: (text: string) => boolean) => boolean,
  holds: (reply: string, text: string) => boolean,
): Scorer {
  const { texts, options } = readWanted(name, wanted);
  const fold = (text: string): string =>
    options.ignoreCase ? text.normalize("NFC").toLowerCase() : text.normalize("NFC");
  const grade = (reply: string, sought: readonly string[]) => {
    const folded = fold(reply);
    return verdict(
      judge(sought, (text) => holds(folded, fold(text))),
      { answer: reply },
    );
  };
  return texts.length > 0
    ? scorer(name, ({ output }) => grade(output!.content, texts), { texts, ...options })
    : targetScorer(name, ({ output }, target) => grade(output!.content, target.filter(isSaid)), options);
}

const isSaid = (text: string): boolean => !isBlankText(text);

function readWanted(name: string, wanted: Wanted): { texts: string[]; options: z.output<typeof textOptions> } {
  const last = wanted.at(-1);
  const given = typeof last === "object" && !Array.isArray(last) ? last : undefined;
  const texts = (given ? wanted.slice(0, -1) : wanted).flat() as readonly unknown[];
  texts.forEach((text, i) => {
    if (typeof text !== "string") throw new ConfigError(`${name}[${i}]`, "must be a text", text);
    if (!isSaid(text))
      throw new ConfigError(`${name}[${i}]`, "must not be blank", text, "A blank text would be found in any reply");
  });
  return { texts: texts as string[], options: parseOptions(textOptions, given ?? {}, name) };
}
