import { ownMember } from "#src/kernel/record";
import { pathMatches } from "./rule.ts";

/** The actors that belong to one condition alone, so that a fault of its level strikes no other: whom they are and where they stand in the tree. */
export const levelActors = {
  worker: "conditions/*/tasks/*",
  tasks: "conditions/*/tasks",
  condition: "conditions/*",
} as const;
export type LevelActor = keyof typeof levelActors;

/** Crashes that an actor bears: a condition starts its pool again three times; all conditions together may crash five times a minute. */
export const mostCrashes = { tasks: 3, condition: 5 } as const;

/** Actors of a run that all conditions share. */
const shared = ["run", "experiment", "services", "conditions"];
const services = ["collector", "breaker", "budget", "limiter", "progress"];
const sharedPaths = [...shared, ...services.map((name) => `services/${name}`)];

/** What a target behind `actor:` means: an actor of each condition, with the path that its own must match, or why it cannot be one. */
export type AimedActor = { readonly actor: LevelActor; readonly path: string } | { readonly refused: string };

/**
 * Reads the part of a target behind its colon: a short name, or a path in the tree with `*` for any condition.
 *
 * @example aimedActor("worker") // => { actor: "worker", path: "conditions/*\u002ftasks/*" }
 * @example aimedActor("conditions/*\u002ftasks") // => { actor: "tasks", path: "conditions/*\u002ftasks" }
 */
export function aimedActor(pattern: string): AimedActor {
  const path = pattern === "*" ? levelActors.worker : (ownMember<string>(levelActors, pattern) ?? pattern);
  const struck = sharedPaths.find((one) => pathMatches(services.includes(path) ? `services/${path}` : path, one));
  if (struck !== undefined)
    return {
      refused: `must be an actor of one condition (${Object.keys(levelActors).join(", ")}): ${struck} is shared by all, those without faults too. Inject that into the whole run: faults(), or --faults`,
    };
  const [, condition, pool, worker] = /^conditions\/([^/]+)(\/tasks(?:\/(.+))?)?$/s.exec(path) ?? [];
  if (condition === undefined)
    return {
      refused: `must be an actor of one condition: ${Object.keys(levelActors).join(", ")}, or a path such as ${levelActors.worker}`,
    };
  if (condition !== "*")
    return { refused: "must have * for the condition in its path, since every condition meets every level" };
  return { actor: worker !== undefined ? "worker" : pool ? "tasks" : "condition", path };
}
