import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import type { InspectionEvent } from "xstate";
import { isLocalHost, isSameSecret } from "#src/app/observe/loopback";
import { openDoor } from "#src/viewer/door";
import { fromXState } from "./from-xstate.ts";
import { type App, History } from "./history.ts";
import { messageOf } from "./message.ts";
import { route } from "./routes.ts";
import { windowPage, windowPolicy } from "./window-page.ts";

/** Milliseconds between two looks of a window that follows. */
const LOOK_EVERY_MS = 300;
const MOST_APPS = 64;
/** Bytes of one message that are read. */
const MOST_MESSAGE_BYTES = 32 * 2 ** 20;

/** An inspector that is up. */
export interface Inspector {
  /** Where a browser of this machine sees it; contains the token, which grants read access. */
  readonly url: string;
  /** Where apps connect, by `createWebSocketInspector({ url: feed })`; contains a secret of its own, which grants no reading. */
  readonly feed: string;
  readonly port: number;
  /** XState's own `inspect` of an actor in this process: `createActor(machine, { inspect })`. */
  readonly inspect: (event: InspectionEvent) => void;
  /** Shows messages of `@statelyai/inspect` from this process, as an app of their own. */
  connect(): (message: unknown) => void;
  close(): Promise<void>;
}

export interface InspectorOptions {
  /** On 127.0.0.1; any free one when absent. */
  readonly port?: number;
  /** Whether the process lives until it is closed. */
  readonly keepsAlive?: boolean;
}

/** See `open.ts`. */
export async function openInspector({ port = 0, keepsAlive = false }: InspectorOptions = {}): Promise<Inspector> {
  const secret = randomBytes(24).toString("base64url");
  const history = new History(Date.now);
  let feed = "";
  const door = await openDoor(
    {
      command: "crucible inspect",
      everyMs: LOOK_EVERY_MS,
      route: async (url) => route(url, history, feed),
      open(url, response) {
        if (!url.pathname.startsWith("/window/") || !isSameSecret(url.pathname.slice("/window/".length), secret))
          return false;
        const nonce = randomBytes(16).toString("base64");
        response.removeHeader("cross-origin-opener-policy"); // it listens to the window that opened it
        response.setHeader("content-security-policy", windowPolicy(nonce));
        response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(windowPage(nonce, feed));
        return true;
      },
    },
    port,
  );
  feed = `ws://127.0.0.1:${door.port}/${secret}`;
  if (!keepsAlive) {
    door.server.unref();
    door.server.on("connection", (socket) => socket.unref());
  }
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MOST_MESSAGE_BYTES });
  door.server.on("upgrade", (request, socket, head) => {
    if (!isFeed(request, secret) || sockets.clients.size >= MOST_APPS) return void socket.destroy();
    sockets.handleUpgrade(request, socket, head, (opened) => listenTo(opened, history));
  });
  const own: { app?: App } = {};
  return {
    url: door.url,
    feed,
    port: door.port,
    inspect(event) {
      const message = fromXState(event);
      if (!message) return;
      own.app ??= history.connect();
      history.add(own.app, message);
    },
    connect() {
      const app = history.connect();
      return (message) => history.add(app, messageOf(message));
    },
    close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      return door.close();
    },
  };
}

function listenTo(socket: WebSocket, history: History): void {
  const app = history.connect();
  socket.on("message", (data) => history.add(app, messageOf(String(data))));
  socket.on("error", () => {});
  socket.on("close", () => {
    app.isConnected = false;
  });
}

/** Whether an app knows the secret. It may be a page of any origin: its author has the secret. */
const isFeed = ({ url = "", headers: { host } }: IncomingMessage, secret: string): boolean =>
  isLocalHost(host) && isSameSecret(url.slice(1), secret);
