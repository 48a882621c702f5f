import type { Inspector, InspectorOptions } from "./inspector.ts";

/**
 * Opens an inspector of XState actors: statecharts with the live state, events, sequence diagrams, snapshots, and every step before. Needs no
 * network: the page is served from 127.0.0.1, under a token. Keeps the last 20,000 messages. Its server and pages are loaded when it is opened.
 *
 * @throws Error when the port is taken
 * @example createActor(machine, { inspect: (await openInspector()).inspect })
 */
export const openInspector = async (options?: InspectorOptions): Promise<Inspector> =>
  (await import("./inspector.ts")).openInspector(options);
