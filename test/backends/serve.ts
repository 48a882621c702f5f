import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What a server says: an HTTP answer, or the message of a choice. */
export interface Said {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A chat completion with one choice. */
export const completion = (message: object, choice: object = {}, more: object = {}): Said => ({
  body: {
    choices: [{ index: 0, finish_reason: "stop", ...choice, message: { role: "assistant", ...message } }],
    ...more,
  },
});

export interface Served {
  readonly baseURL: string;
  /** The bodies of the requests, in order. */
  readonly requests: readonly Record<string, unknown>[];
  close(): Promise<void>;
}

/** A real server on loopback that says what a function makes of a request, the first being number 0. */
export async function serve(answer: (request: Record<string, unknown>, number: number) => Said): Promise<Served> {
  const requests: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      requests.push(JSON.parse(text));
      const { status = 200, headers, body } = answer(requests.at(-1)!, requests.length - 1);
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
