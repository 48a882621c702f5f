import type { ActorSystem, ActorSystemInfo, InspectionEvent, Observer } from "xstate";

type Inspector = Observer<InspectionEvent> | ((event: InspectionEvent) => void);
type System = ActorSystem<ActorSystemInfo> & { _sendInspectionEvent?: (event: InspectionEvent) => void };

const guardedSystems = new WeakSet<object>();

/**
 * Keeps observers of `inspect` from breaking what they look at. XState inspects an event before it delivers it, so that an observer
 * that throws loses the event and throws into its sender. From the first supervisor of a system on, what they throw is logged instead.
 */
export function guardInspection(system: System, logger: (error: unknown) => void): void {
  if (guardedSystems.has(system)) return;
  guardedSystems.add(system);
  const send = system._sendInspectionEvent?.bind(system);
  const attach = system.inspect.bind(system);
  if (send) system._sendInspectionEvent = guard(send, logger);
  system.inspect = (observer) => attach(guard(listenerOf(observer), logger)); // one by one, so that others still hear
}

const listenerOf = (observer: Inspector): ((event: InspectionEvent) => void) =>
  typeof observer === "function" ? observer : (event) => observer.next?.(event);

const guard =
  (listener: (event: InspectionEvent) => void, logger: (error: unknown) => void) =>
  (event: InspectionEvent): void => {
    try {
      listener(event);
    } catch (error) {
      logger(error);
    }
  };
