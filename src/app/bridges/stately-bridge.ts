import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { InspectionEvent } from "xstate";
import { isLocalHost, isSameSecret } from "../observe/loopback.ts";
import { runMessages } from "./run-messages.ts";
import { inspectorOrigins, statelyPage, statelyPolicy } from "./stately-page.ts";
import { actorMessage, type StatelyMessage } from "./stately-wire.ts";

/** Milliseconds that messages are gathered before they are sent. */
const SEND_EVERY_MS = 100;
/** Messages gathered; beyond it messages are dropped, and the states of all actors are sent again instead. */
const MOST_GATHERED = 2000;
/** Bytes that may wait for a slow viewer; beyond it messages are dropped, and all states are sent again when it has caught up. */
const MOST_WAITING_BYTES = 4 * 2 ** 20;
const VIEWERS_MOST = 8;

export interface StatelyBridge {
  /** Takes XState's inspection events of the run. */
  readonly inspect: (event: InspectionEvent) => void;
  /** Where a browser sees it: the address is the secret. */
  readonly url: string;
  close(): void;
}

interface Viewer {
  readonly socket: WebSocket;
  /** Whether it missed messages, and all states must be sent again. */
  isBehind: boolean;
}

/**
 * Shows a run in Stately Inspector: serves a page on 127.0.0.1 under a secret path and sends what the inspector draws. A viewer is first sent
 * every live actor with its chart and state, then of what changes. Supervisors, services and conditions are always shown, tasks sampled. Never
 * keeps the process alive.
 *
 * @param tasks of the plan
 */
export async function openStatelyBridge(tasks: number): Promise<StatelyBridge> {
  const secret = randomBytes(24).toString("base64url");
  const viewers = new Set<Viewer>();
  let gathered: StatelyMessage[] = [];
  let leftOut = false;

  const gather = (message: () => StatelyMessage): void => {
    if (viewers.size === 0) return;
    if (gathered.length < MOST_GATHERED) gathered.push(message());
    else leftOut = true;
  };

  const { inspect, live } = runMessages(tasks, gather);
  const tell = ({ socket }: Viewer, messages: readonly StatelyMessage[]): void => {
    for (const message of messages) socket.send(JSON.stringify(message));
  };

  const send = (): void => {
    const actors = live();
    const batch = leftOut ? [...gathered, ...actors.map(actorMessage)] : gathered;
    gathered = [];
    leftOut = false;
    for (const viewer of viewers) {
      const { bufferedAmount } = viewer.socket;
      if (bufferedAmount > MOST_WAITING_BYTES) viewer.isBehind = true;
      else if (viewer.isBehind) {
        viewer.isBehind = false;
        tell(viewer, actors.map(actorMessage));
      } else tell(viewer, batch);
    }
  };

  const server = createServer((request, response) => {
    if (!isAsked(request, secret)) return void response.writeHead(404).end();
    const nonce = randomBytes(16).toString("base64");
    const headers = {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": statelyPolicy(nonce),
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    };
    response.writeHead(200, headers).end(statelyPage(nonce));
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 });
  server.on("upgrade", (request, socket, head) => {
    if (!isAsked(request, secret) || viewers.size >= VIEWERS_MOST) return void socket.destroy();
    sockets.handleUpgrade(request, socket, head, (opened) => {
      send(); // what was gathered for the others comes before the state that this one begins with
      const viewer = { socket: opened, isBehind: false };
      opened.on("error", () => {});
      opened.on("close", () => viewers.delete(viewer));
      tell(viewer, live().map(actorMessage));
      viewers.add(viewer);
    });
  });
  server.on("connection", (socket) => socket.unref());
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  server.unref();
  const timer = setInterval(send, SEND_EVERY_MS).unref();
  return {
    inspect,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${secret}`,
    close() {
      clearInterval(timer);
      send();
      for (const { socket } of viewers) socket.close(1000, "the run has ended");
      server.close();
    },
  };
}

/** Whether a request knows the secret, and comes from a page of this machine or of the inspector, or from no page at all. */
function isAsked({ url = "", headers }: IncomingMessage, secret: string): boolean {
  const { host, origin } = headers;
  return (
    isLocalHost(host) &&
    (origin === undefined || origin === `http://${host}` || inspectorOrigins.includes(origin)) &&
    isSameSecret(url.slice(1), secret)
  );
}
