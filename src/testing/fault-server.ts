import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { estimateTokens } from "#src/backends/tokens";
import { type Clock, systemClock } from "#src/kernel/clock";
import { stream } from "#src/kernel/random";

/** What the server does to one request. Waiting lasts until `release()`, or `delayMs` where that is given. */
export type ServerFault =
  | { readonly type: "ok" }
  | {
      readonly type: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
    }
  /** 429 with Retry-After in one of its forms, or without. */
  | {
      readonly type: "rate_limited";
      readonly retryAfter: "seconds" | "date" | "ms" | "none";
      readonly afterMs?: number;
    }
  | { readonly type: "slow_headers" | "slow_body"; readonly delayMs?: number }
  /** The socket closes in the middle of the body. */
  | { readonly type: "half_body" }
  /** The connection is reset before anything is sent. */
  | { readonly type: "reset" }
  /** 200 with JSON that ends too early. */
  | { readonly type: "malformed_json" }
  /** 200 with an empty list of choices. */
  | { readonly type: "no_choices" }
  | { readonly type: "never" };

export type FaultType = ServerFault["type"];

export interface FaultServerOptions {
  /** What happens to the first requests, in order; those after it are answered by `rates`. */
  readonly script?: readonly (ServerFault | FaultType)[];
  /** Chances of faults, drawn by `seed` and the request's number; what is left is answered. */
  readonly rates?: Readonly<Partial<Record<Exclude<FaultType, "ok">, number>>>;
  readonly seed?: number | string;
  /** The text of an answer, or the whole message, from the request's body. */
  readonly reply?: (body: ChatRequest) => string | Readonly<Record<string, unknown>>;
  /** Headers of every answer. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
}

/** The part of a request's body that is promised. */
export interface ChatRequest {
  readonly model?: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly [field: string]: unknown;
}

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: ChatRequest;
  readonly fault: FaultType;
}

export interface FaultServer {
  /** Where an OpenAI-compatible client is pointed: `http://127.0.0.1:<port>/v1`. */
  readonly baseURL: string;
  readonly requests: readonly ReceivedRequest[];
  /** Resolves when this many requests have come. */
  received(count: number): Promise<void>;
  /** Lets every slow answer continue. */
  release(): void;
  /** Ends every connection. */
  close(): Promise<void>;
}

/**
 * An OpenAI-compatible server on 127.0.0.1 that fails to order, over real sockets, for tests of backends, retries and breakers.
 *
 * @example
 * const server = await faultServer({ script: ["status", { type: "rate_limited", retryAfter: "seconds", afterMs: 2000 }, "half_body"] });
 * const backend = openaiCompatible({ baseURL: server.baseURL, model: "any" });
 */
export async function faultServer(options: FaultServerOptions = {}): Promise<FaultServer> {
  const requests: ReceivedRequest[] = [];
  const waiting = new Set<() => void>();
  const arrivals = new Set<() => void>();
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = JSON.parse((await textOf(request)) || "{}") as ChatRequest;
    const fault = faultOf(options, requests.length);
    requests.push({ path: request.url ?? "", headers: request.headers, body, fault: fault.type });
    for (const notify of arrivals) notify();
    const pause = (delayMs?: number): Promise<void> =>
      new Promise((resolve) => {
        if (delayMs === undefined) waiting.add(resolve);
        else (options.clock ?? systemClock).setTimeout(resolve, delayMs);
      });
    await act(fault, response, answerTo(body, options), options, pause);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    received: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (requests.length < count) return;
          arrivals.delete(check);
          resolve();
        };
        arrivals.add(check);
        check();
      }),
    release: () => {
      for (const go of waiting) go();
      waiting.clear();
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, "close");
    },
  };
}

function faultOf({ script = [], rates = {}, seed = 0 }: FaultServerOptions, n: number): ServerFault {
  const scripted = script[n];
  if (scripted !== undefined) return typeof scripted === "string" ? faultNamed(scripted) : scripted;
  let left = stream(seed, "server fault", n)();
  for (const [type, rate] of Object.entries(rates)) {
    left -= rate;
    if (left < 0) return faultNamed(type as FaultType);
  }
  return { type: "ok" };
}

const faultNamed = (type: FaultType): ServerFault => {
  if (type === "status") return { type, status: 500 };
  return type === "rate_limited" ? { type, retryAfter: "seconds", afterMs: 1000 } : { type };
};

async function act(
  fault: ServerFault,
  response: ServerResponse,
  answer: string,
  { headers = {}, clock = systemClock }: FaultServerOptions,
  pause: (delayMs?: number) => Promise<void>,
): Promise<void> {
  const send = (status: number, body: string, more: Readonly<Record<string, string>> = {}): void => {
    response
      .writeHead(status, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        ...headers,
        ...more,
      })
      .end(body);
  };
  const half = answer.slice(0, answer.length >> 1);
  switch (fault.type) {
    case "ok":
      return send(200, answer);
    case "status":
      return send(fault.status, JSON.stringify(fault.body ?? errorBody(`status ${fault.status}`)), fault.headers);
    case "rate_limited":
      return send(
        429,
        JSON.stringify(errorBody("Rate limit reached", "rate_limit_exceeded")),
        retryAfter(fault, clock),
      );
    case "slow_headers":
      await pause(fault.delayMs);
      return send(200, answer);
    case "slow_body":
      response
        .writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(answer), ...headers })
        .write(half);
      await pause(fault.delayMs);
      response.end(answer.slice(half.length));
      return;
    case "half_body":
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(answer),
        ...headers,
      });
      response.write(half, () => response.destroy());
      return;
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "malformed_json":
      return send(200, half);
    case "no_choices":
      return send(200, JSON.stringify({ ...(JSON.parse(answer) as object), choices: [] }));
    case "never":
      return;
  }
}

const errorBody = (message: string, code: string | null = null): object => ({
  error: { message, type: "server_fault", code, param: null },
});

function retryAfter(
  { retryAfter, afterMs = 1000 }: Extract<ServerFault, { type: "rate_limited" }>,
  clock: Clock,
): Record<string, string> {
  switch (retryAfter) {
    case "seconds":
      return { "retry-after": String(afterMs / 1000) };
    case "date":
      return { "retry-after": new Date(clock.now() + afterMs).toUTCString() };
    case "ms":
      return { "retry-after-ms": String(afterMs) };
    case "none":
      return {};
  }
}

function answerTo(body: ChatRequest, { reply = () => "ok" }: FaultServerOptions): string {
  const said = reply(body);
  const message = typeof said === "string" ? { content: said } : said;
  const prompt_tokens = estimateTokens(body.messages?.map(({ content }) => String(content)).join("") ?? "");
  const completion_tokens = estimateTokens(String(message.content ?? ""));
  return JSON.stringify({
    id: "chatcmpl-fault",
    object: "chat.completion",
    created: 0,
    model: body.model ?? "fault",
    choices: [
      {
        index: 0,
        finish_reason: "tool_calls" in message ? "tool_calls" : "stop",
        message: { role: "assistant", content: null, ...message },
      },
    ],
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
  });
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
