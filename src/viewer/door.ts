import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isLocalHost, isSameSecret } from "#src/app/observe/loopback";
import { policy as reportPolicy } from "#src/reports/html";
import { documentOf, type File, type Page, type PageReply, problem } from "./page.ts";
import { streamPage } from "./stream.ts";

/** A server of pages that is up. */
export interface Door {
  /** Contains the token, which grants access. */
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  close(): Promise<void>;
}

/** What is behind a door. */
export interface Behind {
  /** The command that printed the address: a part of the cookie's name, and of what is said to those without a token. */
  readonly command: string;
  /** What there is at an address. What it throws is a bug of its own. */
  readonly route: (url: URL) => Promise<PageReply>;
  /** Takes what a form of its pages says; where it is absent, pages are for looking only. @returns where to go then, or a page that says why not */
  readonly post?: (url: URL, form: URLSearchParams) => Promise<PageReply | { readonly goTo: string }>;
  /** What there is without the token: for programs that have a secret of their own. */
  readonly open?: (url: URL, response: ServerResponse) => boolean;
  /** Milliseconds between two looks at a live page. */
  readonly everyMs?: number;
}

/** Browsers' windows that are kept up to date at a time; one more is shown a page that stands still. */
const MOST_STREAMS = 32;

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const headers = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "cache-control": "no-store",
  vary: "accept, cookie",
};

/**
 * Serves pages to browsers of this machine: on 127.0.0.1 only, with a token, read-only but for what `post` takes.
 *
 * @param port any free one when 0
 */
export function openDoor({ command, route, post, open, everyMs }: Behind, port = 0): Promise<Door> {
  const token = randomBytes(32).toString("hex");
  const streams = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    response.on("error", () => {}); // the client disconnected
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    answer(request, response).catch((error: unknown) => {
      complain(error);
      response.destroy();
    });
  });

  const safely = <T>(reply: Promise<T>): Promise<T | PageReply> =>
    reply.catch((error: unknown) => {
      complain(error);
      return { page: problem(500, "That went wrong", "The page has a bug. What it shows is not affected.", "Start") };
    });
  const routeSafely = (url: URL): Promise<PageReply> => safely(route(url));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const no = (status: number, sentence: string): void =>
      void response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${sentence}\n`);
    if (!isLocalHost(request.headers.host)) return no(403, "Asked for under another name than this machine's own.");
    const isPost = request.method === "POST" && post !== undefined;
    if (request.method !== "GET" && request.method !== "HEAD" && !isPost) return no(405, "This is for looking only.");
    if (isEmbedding(request)) return no(403, "Asked for by a page of another server.");
    const url = addressOf(request);
    if (!url) return no(400, "Invalid address.");
    if (open?.(url, response)) return;
    const cookie = cookieName(command, (server.address() as AddressInfo).port);
    const given = url.searchParams.get("token");
    if (given !== null) {
      if (!isSameSecret(given, token))
        return no(401, `That is not the token of this server. Take the address that ${command} printed.`);
      url.searchParams.delete("token");
      const kept = `${cookie}=${token}; HttpOnly; SameSite=Lax; Path=/`;
      return void response.writeHead(303, { "set-cookie": kept, location: url.pathname + url.search }).end();
    }
    if (!isSameSecret(cookieIn(request.headers.cookie, cookie), token))
      return no(401, `This needs the address that ${command} printed, with its token.`);
    if (isPost) {
      if (!isOwnForm(request)) return no(403, "Sent by a page of another server.");
      const form = await formIn(request);
      if (!form) return no(413, "Too long for a label.");
      const taken = await safely(post(url, form));
      if ("goTo" in taken) return void response.writeHead(303, { location: taken.goTo }).end();
      return "page" in taken ? sendPage(response, taken.page, false) : sendFile(response, taken.file, false);
    }
    const isHead = request.method === "HEAD";
    if (request.headers.accept?.includes("text/event-stream") && !isHead) {
      if (streams.size >= MOST_STREAMS) return no(503, "Too many windows are open.");
      streams.add(response);
      response.on("close", () => streams.delete(response));
      const look = async () => {
        const reply = await routeSafely(url);
        return "page" in reply ? reply.page : undefined;
      };
      return streamPage(response, look, everyMs);
    }
    const reply = await routeSafely(url);
    if ("page" in reply) sendPage(response, reply.page, isHead);
    else sendFile(response, reply.file, isHead);
  }

  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const { port: taken } = server.address() as AddressInfo;
      resolve({
        url: `http://127.0.0.1:${taken}/?token=${token}`,
        port: taken,
        server,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

const complain = (error: unknown): void => console.error(error instanceof Error ? error.stack : error);

function sendPage(response: ServerResponse, page: Page, isHead: boolean): void {
  response.writeHead(page.status, { "content-type": "text/html; charset=utf-8" });
  response.end(isHead ? undefined : documentOf(page).text);
}

function sendFile(response: ServerResponse, { type, body, saveAs, sandboxed }: File, isHead: boolean): void {
  response.setHeader("content-type", type);
  if (saveAs !== undefined)
    response.setHeader("content-disposition", `attachment; filename="${saveAs.replace(/[^\w.-]/g, "_")}"`);
  if (sandboxed)
    response.setHeader("content-security-policy", `${reportPolicy()}; sandbox allow-scripts; frame-ancestors 'none'`);
  response.end(isHead ? undefined : body);
}

/** A cookie is sent to every port of a machine: its name says whose it is. */
const cookieName = (command: string, port: number): string => `${command.replaceAll(" ", "-")}-${port}`;

function cookieIn(header: string | undefined, name: string): string {
  const found = header?.split(/;\s*/).find((part) => part.startsWith(`${name}=`));
  return found?.slice(name.length + 1) ?? "";
}

/** Whether a page of another server asks, other than by leading its reader here. Browsers say so; other programs are judged by their token alone. */
function isEmbedding({ headers: { "sec-fetch-site": site, "sec-fetch-mode": mode } }: IncomingMessage): boolean {
  return (site === "cross-site" || site === "same-site") && mode !== "navigate";
}

/** Whether a form was sent by a page of this server, as browsers say. Their `origin` is null where pages send no referrer, as these do. */
const isOwnForm = ({ headers: { origin, host, "sec-fetch-site": site } }: IncomingMessage): boolean =>
  site === undefined ? origin === undefined || origin === `http://${host}` : site === "same-origin";

/** Bytes of a form. */
const MOST_BYTES = 32_768;

/** The fields of a form; nothing for one that is too long. */
async function formIn(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MOST_BYTES) return undefined;
    chunks.push(chunk as Buffer);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
}

function addressOf({ url = "/" }: IncomingMessage): URL | undefined {
  try {
    return url.startsWith("/") && !url.startsWith("//") ? new URL(url, "http://127.0.0.1") : undefined;
  } catch {
    return undefined;
  }
}
