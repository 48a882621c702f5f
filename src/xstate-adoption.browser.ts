import { type ActorOptions, type AnyActorLogic, type AnyActorRef, createActor } from "xstate";
import type { ActorPlacement } from "./xstate-adoption.ts";

/** Makes a child: in browsers, without what works around the V8 of Node 20. */
export const makePlaced = (logic: AnyActorLogic, placement: ActorPlacement): AnyActorRef =>
  createActor(logic, placement as ActorOptions<AnyActorLogic>);
