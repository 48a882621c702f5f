import { type AnyActorLogic, type AnyActorRef, createActor } from "xstate";
import type { ActorPlacement } from "./xstate-adoption.ts";

/** Makes an actor that has no name: in browsers, without what works around the V8 of Node 20. */
export const makeNameless = (logic: AnyActorLogic, placement: Omit<ActorPlacement, "name">): AnyActorRef =>
  createActor(logic, placement);
