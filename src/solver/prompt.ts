import type { Message } from "#src/backends/backend";
import { described } from "./describe.ts";
import type { Solver } from "./solver.ts";
import type { TaskState } from "./state.ts";
import { fillTemplate } from "./template.ts";

type Params = Readonly<Record<string, unknown>>;

/** What templates may name: the sample's metadata, then the store, then the solver's own parameters. */
const valuesOf = (state: TaskState, params: Params): Params => ({ ...state.metadata, ...state.store, ...params });

/**
 * Adds a system message behind those that are there, at the head of the conversation. `{name}` is filled in from metadata, store and
 * `params`.
 */
export const systemMessage = (template: string, params: Params = {}): Solver =>
  described<Solver>(
    (state) => {
      const message: Message = { role: "system", content: fillTemplate(template, valuesOf(state, params)) };
      const place = state.messages.findLastIndex(({ role }) => role === "system") + 1;
      const grown = state.addMessage(message); // keeps the message limit
      return grown.completed ? grown : grown.setMessages(state.messages.toSpliced(place, 0, message));
    },
    "systemMessage",
    { template, params },
  );

/** Adds a user message, filled in as by `systemMessage`. */
export const userMessage = (template: string, params: Params = {}): Solver =>
  described<Solver>(
    (state) => state.addMessage({ role: "user", content: fillTemplate(template, valuesOf(state, params)) }),
    "userMessage",
    { template, params },
  );

/** Adds an assistant message, filled in as by `systemMessage`. */
export const assistantMessage = (template: string, params: Params = {}): Solver =>
  described<Solver>(
    (state) => state.addMessage({ role: "assistant", content: fillTemplate(template, valuesOf(state, params)) }),
    "assistantMessage",
    { template, params },
  );

/**
 * Puts the last user message into a template: `{prompt}` is its text, other names as for `systemMessage`.
 *
 * @example promptTemplate("{prompt}\nAnswer in {language}.", { language: "French" })
 */
export const promptTemplate = (template: string, params: Params = {}): Solver =>
  described<Solver>(
    (state) =>
      state.setUserPrompt(fillTemplate(template, { ...valuesOf(state, params), prompt: state.userPrompt.content })),
    "promptTemplate",
    { template, params },
  );

const stepByStep = `{prompt}

Think step by step before you answer. Then give your answer on a line of its own at the end, as "ANSWER: $ANSWER" (without quotes), where $ANSWER is the answer to the question.`;

/** Asks for reasoning first and an `ANSWER:` line at the end. */
export const chainOfThought = (template: string = stepByStep): Solver => promptTemplate(template);
