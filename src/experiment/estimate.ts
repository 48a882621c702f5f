import type { Sample } from "#src/dataset/sample";
import type { Scorer } from "#src/scoring/scorer";
import { describePart } from "#src/solver/describe";
import type { Condition } from "./condition.ts";

/** A model call that a task is expected to make. */
export interface ExpectedCall {
  /** The model that a step names itself; the condition's when absent. */
  readonly model?: string | undefined;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

export interface ExpectedCalls {
  readonly calls: readonly ExpectedCall[];
  /** What had to be assumed, in sentences. */
  readonly guesses: readonly string[];
}

/** Tokens assumed for a reply whose length nothing limits. */
const GUESSED_REPLY_TOKENS = 256;

/** A solver, scorer or tool as `describePart` shows it. */
interface Part {
  readonly name?: string;
  readonly options?: unknown;
}

/** What is known of the conversation on the way through the steps. */
interface Talk {
  /** Tokens that the next call reads. */
  promptTokens: number;
  readonly questionTokens: number;
  lastReplyTokens: number;
  hasTools: boolean;
  readonly calls: ExpectedCall[];
  readonly guesses: Set<string>;
  readonly count: (text: string) => number;
}

/**
 * The calls that a condition's solver and scorers are expected to make for one sample, read from what they were made of: nothing is run.
 * Every call reads the conversation so far. A reply is as long as `maxTokens` allows; tools are called once; steps of one's own are not
 * seen, so a solver that shows no call is taken to make one.
 *
 * @param count tokens of a text
 */
export function expectedCalls(
  { solver, scorers = [] }: Pick<Condition, "solver" | "scorers">,
  sample: Sample,
  count: (text: string) => number,
): ExpectedCalls {
  const texts = typeof sample.input === "string" ? [sample.input] : sample.input.map(({ content }) => content);
  const questionTokens = [...texts, ...(sample.choices ?? [])].reduce((sum, text) => sum + count(text), 0);
  const talk: Talk = {
    promptTokens: questionTokens,
    questionTokens,
    lastReplyTokens: 0,
    hasTools: false,
    calls: [],
    guesses: new Set(),
    count,
  };
  if (solver) follow(describePart(solver), talk);
  if (talk.calls.length === 0) {
    talk.guesses.add("a solver of one's own is taken to make one call");
    ask(talk, {});
  }
  for (const scorer of scorers) grade(describePart(scorer) as Part, talk);
  return { calls: talk.calls, guesses: [...talk.guesses] };
}

/** Adds what a step says and asks to the talk. */
function follow(part: unknown, talk: Talk): void {
  if (Array.isArray(part)) {
    for (const each of part) follow(each, talk);
    return;
  }
  const { name, options = {} } = part as Part;
  const given = options as Readonly<Record<string, unknown>>;
  if (name === "chain") follow(options, talk);
  else if (name === "vote") voteBy(given.ways as readonly unknown[], talk);
  else if (name === "selfCritique") criticise(given, talk);
  else if (name === "withFinish") follow([given.steps, given.finish ?? []], talk);
  else if (name === "basicAgent") {
    follow(given.init, talk);
    follow([{ name: "useTools", options: { tools: given.tools } }, { name: "generate" }], talk);
  } else if (name === "useTools") {
    talk.hasTools = true;
    talk.promptTokens += tokensIn(JSON.stringify(given.tools), talk);
  } else {
    talk.promptTokens += tokensIn(given.template, talk); // a prompt, or multipleChoice
    if (name !== "generate" && name !== "multipleChoice") return;
    const callsTools = name === "generate" && talk.hasTools && given.toolCalls !== "none";
    if (callsTools) talk.guesses.add("tools are taken to be called once");
    for (let call = callsTools ? 2 : 1; call > 0; call--) ask(talk, given);
  }
}

/** Every way begins with the conversation as it stands, and the last reply of one of them continues. */
function voteBy(ways: readonly unknown[], talk: Talk): void {
  const { promptTokens } = talk;
  for (const way of ways) {
    talk.promptTokens = promptTokens;
    follow(way, talk);
  }
}

/** The critique is asked for apart from the conversation, which gains it and the better answer. */
function criticise(given: Readonly<Record<string, unknown>>, talk: Talk): void {
  const { promptTokens, questionTokens, lastReplyTokens } = talk;
  const shown = questionTokens + lastReplyTokens;
  talk.promptTokens = tokensIn(given.critiqueTemplate, talk) + shown;
  ask(talk, { model: given.model });
  talk.promptTokens = promptTokens + tokensIn(given.completionTemplate, talk) + shown + talk.lastReplyTokens;
  ask(talk, {});
}

const isJudge = ({ name }: Part): boolean => name === "modelGraded" || name === "modelGradedFact";

/** Scorers that a scorer is made of: one under another name, several as one. */
function within({ options }: Part): readonly Part[] {
  const { scorer, scorers = [scorer] } = (options ?? {}) as { scorer?: Part; scorers?: readonly (Part | undefined)[] };
  return scorers.filter((each) => each !== undefined);
}

/** Whether a model is among the scorers, as far as what they were made of shows it. */
export function asksJudge(scorers: readonly Scorer[]): boolean {
  const asks = (part: Part): boolean => isJudge(part) || within(part).some(asks);
  return scorers.some((each) => asks(describePart(each) as Part));
}

/** A model that grades reads question, answer and instructions. */
function grade(part: Part, talk: Talk): void {
  for (const each of within(part)) grade(each, talk);
  if (!isJudge(part)) return;
  const { options } = part;
  const { model, template, instructions } = options as Readonly<Record<string, unknown>>;
  const shown = tokensIn(template, talk) + tokensIn(instructions, talk) + talk.questionTokens + talk.lastReplyTokens;
  for (const each of Array.isArray(model) ? model : [model]) {
    talk.promptTokens = shown;
    ask(talk, { model: each });
  }
}

function ask(talk: Talk, { maxTokens, model }: Readonly<Record<string, unknown>>): void {
  const stated = typeof maxTokens === "number";
  const completionTokens = stated ? maxTokens : GUESSED_REPLY_TOKENS;
  talk.guesses.add(
    stated
      ? "replies are taken to be as long as maxTokens allows"
      : `replies without maxTokens are taken to have ${GUESSED_REPLY_TOKENS} tokens`,
  );
  const named = typeof model === "string" ? { model } : {};
  talk.calls.push({ ...named, promptTokens: talk.promptTokens, completionTokens });
  talk.promptTokens += completionTokens;
  talk.lastReplyTokens = completionTokens;
}

const tokensIn = (text: unknown, { count }: Talk): number => (typeof text === "string" ? count(text) : 0);
