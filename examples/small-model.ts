/**
 * A real language model without a key, a network or a graphics card: llama.cpp through the package node-llama-cpp, in this process. It is no
 * dependency of crucible-harness, since its binaries are 85 MB. This gets it, without running its scripts:
 *
 *     npm install --prefix .llama --ignore-scripts --omit=optional node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1
 *
 * (`mac-arm64-metal`, `mac-x64`, `win-x64` or `linux-arm64` in place of `linux-x64` elsewhere.) The weights are `stories260K`, 260 thousand
 * parameters trained on children's stories (github.com/karpathy/llama2.c, MIT), as a GGUF file of 1 MB; any other GGUF will do.
 */
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** The part of node-llama-cpp that is used. */
interface Llama {
  loadModel(options: { modelPath: string }): Promise<LlamaModel>;
}
interface LlamaModel {
  readonly tokens: { readonly bos: number | null; readonly eos: number | null };
  tokenize(text: string): number[];
  detokenize(tokens: readonly number[]): string;
  createContext(options: { contextSize: number; threads: number }): Promise<{ getSequence(): Sequence }>;
}
interface Sequence {
  clearHistory(): Promise<void>;
  evaluate(tokens: number[], options: { temperature: number; seed: number }): AsyncGenerator<number>;
  controlledEvaluate(
    input: [number, { generateNext: { probabilities: true } }][],
  ): Promise<({ next: { probabilities: Map<number, number> } } | undefined)[]>;
}

const folder = resolve(process.env.CRUCIBLE_LLAMA ?? ".llama");
const entry = resolve(folder, "node_modules/node-llama-cpp/dist/index.js");

/** Why there is no model to be had, with what to do about it; nothing where there is one. */
export function missing(weights: string): string | undefined {
  const platform = `${process.platform === "darwin" ? "mac" : process.platform === "win32" ? "win" : "linux"}-${process.arch}`;
  if (!existsSync(entry))
    return `node-llama-cpp is not in ${folder}. Get it with: npm install --prefix .llama --ignore-scripts --omit=optional node-llama-cpp@3.22.1 @node-llama-cpp/${platform === "mac-arm64" ? "mac-arm64-metal" : platform}@3.22.1`;
  return existsSync(weights) ? undefined : `${weights} is not there. Pass -T weights=path/to/stories260K.gguf`;
}

/** What a completion is made of. */
export interface Completion {
  readonly prompt: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

export interface SmallModel {
  /** Natural logarithm of the probability of a text, and how many tokens it has. */
  logLikelihood(text: string): Promise<{ readonly total: number; readonly tokens: number }>;
  /** Continues with a text. The same seed gives the same text. */
  complete(
    request: Completion,
  ): Promise<{ text: string; promptTokens: number; completionTokens: number; ended: boolean }>;
}

/**
 * Loads the weights, at the first use. Calls take turns: the model is small, and one thread is quicker than two that share a busy machine.
 *
 * @throws Error with the command that gets what is missing
 */
export function smallModel(weights: string): SmallModel {
  let loaded: Promise<{ model: LlamaModel; sequence: Sequence }> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: (parts: { model: LlamaModel; sequence: Sequence }) => Promise<T>): Promise<T> => {
    loaded ??= load(weights);
    const mine = Promise.all([loaded, last]).then(async ([parts]) => {
      await parts.sequence.clearHistory();
      return work(parts);
    });
    last = mine.catch(() => undefined);
    return mine;
  };
  return {
    logLikelihood: (text) =>
      inTurn(async ({ model, sequence }) => {
        const tokens = [model.tokens.bos ?? 1, ...model.tokenize(text)];
        const seen = await sequence.controlledEvaluate(
          tokens.slice(0, -1).map((token) => [token, { generateNext: { probabilities: true } }]),
        );
        const logs = seen.map((at, i) => Math.log(at?.next.probabilities.get(tokens[i + 1]!) ?? Number.MIN_VALUE));
        return { total: logs.reduce((sum, log) => sum + log, 0), tokens: logs.length };
      }),
    complete: ({ prompt, maxTokens, temperature, seed, signal }) =>
      inTurn(async ({ model, sequence }) => {
        const asked = [model.tokens.bos ?? 1, ...model.tokenize(prompt)];
        const said: number[] = [];
        let ended = false;
        for await (const token of sequence.evaluate(asked, { temperature, seed })) {
          ended = token === model.tokens.eos || token === model.tokens.bos;
          if (ended || signal.aborted) break;
          said.push(token);
          if (said.length === maxTokens) break;
        }
        return { text: model.detokenize(said), promptTokens: asked.length, completionTokens: said.length, ended };
      }),
  };
}

async function load(weights: string): Promise<{ model: LlamaModel; sequence: Sequence }> {
  const why = missing(weights);
  if (why !== undefined) throw new Error(why);
  const { getLlama } = (await import(pathToFileURL(entry).href)) as { getLlama(options: object): Promise<Llama> };
  const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, progressLogs: false, logLevel: "error" });
  const model = await llama.loadModel({ modelPath: resolve(weights) });
  const context = await model.createContext({ contextSize: 512, threads: 1 });
  return { model, sequence: context.getSequence() };
}

/** Serves a model as OpenAI's `/v1/chat/completions` on the loopback, and does not keep the process alive. @returns its base URL */
export async function serve(model: SmallModel): Promise<string> {
  const server = createServer(async (request, response) => {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as {
        messages: { content: string }[];
        max_tokens?: number;
        temperature?: number;
        seed?: number;
      };
      const reply = await model.complete({
        prompt: body.messages.map(({ content }) => content).join("\n"), // it knows no roles, only stories
        maxTokens: body.max_tokens ?? 100,
        temperature: body.temperature ?? 1,
        seed: body.seed ?? 0,
        signal: gone.signal,
      });
      const { promptTokens, completionTokens } = reply;
      response.setHeader("content-type", "application/json").end(
        JSON.stringify({
          model: "stories260K",
          choices: [
            { message: { role: "assistant", content: reply.text }, finish_reason: reply.ended ? "stop" : "length" },
          ],
          usage: {
            prompt_tokens: promptTokens,
            completion_tokens: completionTokens,
            total_tokens: promptTokens + completionTokens,
          },
        }),
      );
    } catch (error) {
      response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: (error as Error).message } }));
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}
