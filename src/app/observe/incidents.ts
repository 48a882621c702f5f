import type { FactSink } from "#actors/messages";
import type { RunSession } from "#src/experiment/manifest";
import type { FactStream } from "./facts.ts";

/** Counts what went wrong inside the tree while a session was active, from its facts. */
export function countIncidents({ listen }: Pick<FactStream, "listen">): () => Pick<RunSession, "incidents"> {
  const incidents = { restarts: 0, circuitOpened: 0 };
  const see: FactSink = ({ type }) => {
    if (type === "service.restarted") incidents.restarts += 1;
    if (type === "circuit.opened") incidents.circuitOpened += 1;
  };
  listen(see);
  return () => (incidents.restarts + incidents.circuitOpened > 0 ? { incidents } : {});
}
