import type { RestartType } from "./restart.ts";

/** Whom the failure of one child concerns: itself, everyone, or itself and those started after it. */
export type Strategy = "one_for_one" | "one_for_all" | "rest_for_one";

/** When the end of significant children ends their supervisor. */
export type AutoShutdown = "never" | "any_significant" | "all_significant";

/** What the rules need to know of a child. The order of a list of members is their start order. */
export interface Member {
  readonly id: string;
  readonly restart: RestartType;
  readonly significant: boolean;
  /**
   * `starting`: its start has not completed. `alive`: has a process. `stopped`: has none. `restarting`: its last automatic start failed or
   * is delayed; another one will come.
   */
  readonly state: "starting" | "alive" | "stopped" | "restarting";
}

/** Whom to stop, and then whom to start, in these orders. Who is stopped and not started is temporary, and gone permanently. */
export interface Pass<M> {
  readonly stop: readonly M[];
  readonly start: readonly M[];
}

/**
 * What a restart does to the group. The affected part stops in reverse start order and starts in start order, together with
 * members that had no process before; temporary members are only stopped.
 *
 * @param membersOf the group; called only where it is concerned
 * @param culprit the member whose end, or whose failed start, is the cause; it has no process any more
 * @example restartPass("one_for_one", () => [], { id: "a", restart: "permanent", significant: false, state: "stopped" }).stop // => []
 */
export function restartPass<M extends Member>(strategy: Strategy, membersOf: () => readonly M[], culprit: M): Pass<M> {
  if (strategy === "one_for_one") return { stop: [], start: [culprit] };
  const members = membersOf();
  const affected = strategy === "one_for_all" ? members : members.slice(members.indexOf(culprit));
  return {
    stop: stopOrder(affected.filter((member) => member !== culprit)),
    start: affected.filter((member) => member === culprit || member.restart !== "temporary"),
  };
}

/** The members with a process, last started first. */
export const stopOrder = <M extends Member>(members: readonly M[]): M[] =>
  members.filter(({ state }) => state === "alive").reverse();

/**
 * Whether a supervisor shuts down because `ended` exited by itself and is not restarted.
 *
 * @param others the other members, with the states they have now
 * @example endsSupervisor("all_significant", { significant: true }, []) // => true
 */
export function endsSupervisor(
  autoShutdown: AutoShutdown,
  ended: Pick<Member, "significant">,
  others: readonly Member[],
): boolean {
  if (!ended.significant || autoShutdown === "never") return false;
  return (
    autoShutdown === "any_significant" || !others.some((member) => member.significant && member.state !== "stopped")
  );
}
