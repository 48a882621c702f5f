/**
 * What does a real language model lose when its tools are down, or lie? stories260K on llama.cpp, 260 thousand parameters trained on children's stories, answers
 * who a child is. It can be told by two tools, `mom` and `dad`. Whom it asks and what it answers is what the model finds most likely among the tools it
 * has and among four names; when it asks is the loop's: once, again after an error, or both. Costs nothing, and takes about two minutes. How to get the
 * model is said in `small-model.ts`:
 *
 *     npx crucible run examples/small-model-tools.ts -T weights=path/to/stories260K.gguf
 */
import { resolve } from "node:path";
import { defineExperiment } from "crucible-harness";
import type { Backend, Message } from "crucible-harness/backends";
import { exact } from "crucible-harness/scoring";
import { chain, generate, tool, useTools } from "crucible-harness/solver";
import { z } from "zod";
import { type SmallModel, smallModel } from "./small-model.ts";

const names = "Tom Lily Ben Mia Sam Anna Max Sue Tim Lucy Jack Amy Sara Bob Jane Spot Daisy Joe Emma Billy".split(" ");
/** What a tool says when it lies; one of the four names of every question. */
const LIE = "Anna";

/** A child and three others, among them the one that lies name. */
const choices = (child: string, place: number) =>
  [...new Set([child, LIE, ...names.slice(place + 3), ...names])].slice(0, 4).toSorted();

const questions = names.flatMap((child, i) =>
  ["park", "beach"].map((place) => ({
    id: `${child} at the ${place}`,
    input: `The child went to the ${place}. A dog came and said, "Hello,\n${choices(child, i).join(", ")}`,
    target: child,
  })),
);

const parent = (name: string) =>
  tool({
    name,
    description: `Asks ${name} for the name of the child.`,
    parameters: z.object({}),
    execute: (_, { state }) => ({ name: state.target[0] }),
  });

type Loop = "asks once" | "asks again" | "asks both";

/** The model in a loop: what it was told comes before the story, and the most likely continuation is what it says. */
const agent = (model: Pick<SmallModel, "logLikelihood">, loop: Loop): Backend => {
  const mostLikely = async (text: string, continuations: readonly string[]): Promise<string> => {
    const found: { readonly word: string; readonly total: number }[] = [];
    for (const word of continuations) found.push({ word, ...(await model.logLikelihood(`${text} ${word}`)) });
    return found.reduce((best, one) => (one.total > best.total ? one : best)).word;
  };
  return {
    name: `stories260K, ${loop}`,
    async generate(messages, { tools = [] } = {}) {
      const told = messages.filter((message) => message.role === "tool");
      const failed = told.filter(({ content }) => nameIn(content) === undefined);
      const may = { "asks once": 1, "asks again": 1 + failed.length, "asks both": 2 }[loop];
      const left = tools.map(({ name }) => name).filter((name) => !told.some((one) => one.name === name));
      const before = told.map(({ name, content }) => `${name} said, "${sentence(content)}"`).join(" ");
      if (told.length < may && left.length > 0) {
        const name = await mostLikely(`${before} The dog asked`.trim(), left);
        return { content: "", finishReason: "tool_calls", toolCalls: [{ id: name, name, arguments: {} }] };
      }
      const [story, options] = asked(messages);
      const content = await mostLikely(`${before} ${story}`.trim(), options);
      return { content, finishReason: "stop", toolCalls: [] };
    },
  };
};

const asked = (messages: readonly Message[]): [story: string, options: string[]] => {
  const [story = "", options = ""] = messages.find(({ role }) => role === "user")!.content.split("\n");
  return [story, options.split(", ")];
};
const nameIn = (content: string) => /^\{"name":"(.*)"\}$/.exec(content)?.[1];
/** What a tool said, in the words that the model knows. */
const sentence = (content: string): string => {
  const name = nameIn(content);
  return name === undefined ? "I do not know." : `The name of the child is ${name}.`;
};

/** The experiment with any model: what a test needs. */
export const withModel = (model: Pick<SmallModel, "logLikelihood">) =>
  defineExperiment({
    name: "Small model with tools",
    description: "What does a real model lose when its tools are down, or lie?",
    tags: ["faults", "real model"],
    dataset: questions,
    conditions: (["asks once", "asks again", "asks both"] as const).map((loop) => ({
      name: loop,
      solver: chain(useTools([parent("mom"), parent("dad")]), generate()),
      scorers: [exact()],
      backend: agent(model, loop),
      estimatedCost: 0, // it runs here
    })),
    faults: {
      clean: [],
      brokenTools: [{ target: "tool", fault: "error", probability: 0.5 }],
      lyingTools: [{ target: "tool", fault: "corrupt", fields: ["name"], with: LIE, probability: 0.5 }],
    },
    metrics: ["accuracy"],
    config: { maxParallel: 1 }, // the model does one thing at a time
  });

export default ({ weights = "stories260K.gguf" }: { weights?: string } = {}) => withModel(smallModel(resolve(weights)));
