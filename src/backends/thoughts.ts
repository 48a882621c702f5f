/** A reply's text, told apart. */
export interface Thoughts {
  /** What the model thought before it answered, without its marks. */
  readonly reasoning: string;
  /** What it answered; empty where it never answered. */
  readonly content: string;
}

/** Magistral writes `[THINK]`, Seed `<seed:think>`. */
const opened = /[\s\u200b-\u200f\u2060]*(?:<(?:seed:)?think(?:\s[^>]*)?>|\[THINK\])/iy;
const closed = /<\/(?:seed:)?think\s{0,9}>|\[\/THINK\]/gi;
const mark = /<(?:seed:)?think(?:\s[^>]{0,99})?>|\[THINK\]|<\/(?:seed:)?think\s{0,9}>|\[\/THINK\]/gi;

/**
 * Separates a model's thoughts from its answer where a server leaves both in one text: blocks `<think>...</think>` at its beginning. A block
 * that is never closed is thought to the end, so that a reply which is cut off inside its thoughts has no answer. Templates that open the
 * block themselves (DeepSeek R1, Qwen) leave only `</think>` on a line's end in the text: what stands before it is thought too, unless the
 * server gave its thoughts apart. Thoughts that speak of `<think>`, or hold a block of their own, end with the last mark that closes one.
 *
 * Of channels, as gpt-oss writes them, the last `final` one is the answer and all before it is thought.
 *
 * @param isApart whether the server gave thoughts apart from the text
 * @returns nothing for a text without thoughts, which is left as it is; else both without the blanks around them
 * @example splitThoughts("<think>Is it Paris? No.</think>\n\nRome") // => { reasoning: "Is it Paris? No.", content: "Rome" }
 * @example splitThoughts("Use <think> to think") // => undefined
 */
export function splitThoughts(text: string, isApart = false): Thoughts | undefined {
  if (channels.test(text)) return splitChannels(text);
  const thoughts: string[] = [];
  let at = 0;
  for (;;) {
    opened.lastIndex = at;
    const from = opened.test(text) ? opened.lastIndex : -1;
    if (from < 0) break;
    const { end, next } = endOfBlock(text, from);
    thoughts.push(text.slice(from, end));
    at = next;
  }
  if (thoughts.length === 0 && !isApart) {
    closed.lastIndex = 0;
    const end = closed.exec(text);
    if (end && endsLine(text, end.index, closed.lastIndex) && !/<think[\s>]/i.test(text.slice(0, end.index))) {
      thoughts.push(text.slice(0, end.index));
      at = closed.lastIndex;
    }
  }
  if (thoughts.length === 0) return undefined;
  const reasoning = thoughts.map((each) => each.trim()).filter((each) => each !== "");
  return { reasoning: reasoning.join("\n\n"), content: text.slice(at).trim() };
}

/** `<|channel|>analysis<|message|>...<|end|><|start|>assistant<|channel|>final<|message|>...`, where a server does not read the format. */
const channels = /^\s*(?:<\|start\|>assistant)?<\|channel\|>(?:analysis|commentary|final)\b/;
const finalChannel = "<|channel|>final<|message|>";

/** @see OpenAI, "OpenAI harmony response format" */
function splitChannels(text: string): Thoughts {
  const at = text.lastIndexOf(finalChannel);
  const thought = at < 0 ? text : text.slice(0, at);
  const answer = at < 0 ? "" : text.slice(at + finalChannel.length).trim();
  return {
    reasoning: thought
      .replace(
        /(?:<\|(?:start|end)\|>(?:assistant)?|<\|channel\|>(?:analysis|commentary)[^<]{0,99}|<\|message\|>)+/g,
        "\n\n",
      )
      .trim(),
    content: answer.replace(/<\|(?:end|return)\|>$/, "").trim(),
  };
}

/** Where a block ends that was opened before `from`: as many marks close it as opened one before the first that closes, if as many follow. */
function endOfBlock(text: string, from: number): { readonly end: number; readonly next: number } {
  let block = { end: text.length, next: text.length };
  let depth = 1;
  mark.lastIndex = from;
  for (let found = mark.exec(text), hasClosed = false; found && depth > 0; found = mark.exec(text)) {
    const closes = found[0][1] === "/";
    if (!closes && hasClosed) break;
    depth += closes ? -1 : 1;
    if (closes) block = { end: found.index, next: mark.lastIndex };
    hasClosed ||= closes;
  }
  return block;
}

/** A mark that stands alone before or after a line break, not one that a sentence speaks of. */
const endsLine = (text: string, from: number, to: number): boolean =>
  [undefined, "\n", "\r"].includes(text[to]) || text[from - 1] === "\n";
