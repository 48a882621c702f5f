import { type Door, openDoor } from "./door.ts";
import { route } from "./routes.ts";
import type { Runs } from "./runs.ts";

/** A viewer that is up. */
export type Viewer = Door;

/**
 * Shows the runs of a checkpoint directory to browsers of this machine: on 127.0.0.1 only, with a token, read-only.
 *
 * @param port any free one when 0
 */
export const openViewer = (runs: Runs, port = 0): Promise<Viewer> =>
  openDoor({ command: "crucible view", route: (url) => route(url, runs) }, port);
