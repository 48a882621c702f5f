/** A line with what it says by its colour too; the words alone say the same. */
export interface Line {
  readonly text: string;
  readonly tone?: Tone;
  /** Of a table: it is never broken. */
  readonly fixed?: true;
}

export type Tone = "strong" | "good" | "bad" | "soft";

const codes: Readonly<Record<Tone, string>> = { strong: "1", good: "32", bad: "31", soft: "2" };

/**
 * Whether a stream is coloured: `NO_COLOR` forbids it, `FORCE_COLOR` asks for it, else a terminal that is not dumb has it outside of CI.
 *
 * @see https://no-color.org
 * @example isColoured({ TERM: "xterm" }, true) // => true
 * @example isColoured({ TERM: "xterm", NO_COLOR: "1" }, true) // => false
 * @example isColoured({ FORCE_COLOR: "1" }, false) // => true
 * @example isColoured({ TERM: "dumb" }, true) // => false
 */
export function isColoured(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM, CI } = env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return isTerminal && TERM !== "dumb" && (CI === undefined || CI === "" || CI === "false");
}

/** A text, already without control characters, in its colour. */
export const coloured = (text: string, tone: Tone | undefined): string =>
  tone === undefined || text === "" ? text : `\u001b[${codes[tone]}m${text}\u001b[0m`;
