import { WebSocket } from "ws";
import type { StatelyMessage } from "./stately-wire.ts";

/** Bytes that may wait for a slow inspector; beyond it messages are dropped. */
const MOST_WAITING_BYTES = 16 * 2 ** 20;
/** Milliseconds that an inspector may take to answer at first. */
const ANSWER_MS = 5000;

/** A way to an inspector that waits. */
export interface Feed {
  send(message: StatelyMessage): void;
  close(): void;
}

/** Connects to an inspector. Never keeps the process alive. @throws Error when nothing waits at the address */
export function openFeed(address: string): Promise<Feed> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address, { handshakeTimeout: ANSWER_MS });
    socket.on("error", (error) => reject(new Error(`no inspector answers at ${address} (${error.message})`)));
    socket.on("upgrade", ({ socket: line }) => void line.unref());
    socket.on("open", () => {
      resolve({
        send(message) {
          if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount < MOST_WAITING_BYTES)
            socket.send(JSON.stringify(message));
        },
        close: () => socket.close(1000),
      });
    });
  });
}
