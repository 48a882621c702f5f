import { type AnyActorLogic, type AnyActorRef, createActor } from "xstate";
import { manualClock } from "#src/testing/manual-clock";
import {
  type Answer,
  type CallError,
  type ChildCounts,
  type ChildInfo,
  type ChildSpec,
  countChildren,
  crash,
  type Exit,
  exitOf,
  exitSignal,
  isAlive,
  killed,
  normal,
  type Request,
  request,
  resume,
  SpecError,
  type StartResult,
  type SupervisionFact,
  shutdown,
  stop,
  supervisor,
  suspend,
  whichChildren,
} from "#supervisors/otp/index";
import type { ApiStep, Child, Final, Injection, Path, Reason, Scenario, Step, TraceEvent } from "./recording.ts";
import { endWorker, workerLogic } from "./workers.ts";

/** One process of the recording: the actor, where it stands, and which start at that place it is. */
interface Process {
  actor: AnyActorRef;
  path: Path;
  n: number;
  isSupervisor: boolean;
}

/**
 * Plays a scenario's tree and steps on the public supervisor, with ordinary XState actors as children and a clock turned by hand.
 *
 * @returns what happened, in the words of the recording
 */
export async function replay(scenario: Scenario): Promise<{ trace: TraceEvent[]; final: Final }> {
  const stage = new Stage(scenario.tree);
  await stage.boot();
  for (const [i, step] of scenario.steps.entries()) await stage.play(step, i + 1);
  return { trace: stage.trace(), final: await stage.final() };
}

class Stage {
  readonly #tree: Child;
  readonly #clock = manualClock(100);
  readonly #events: (() => TraceEvent)[] = []; // read at the end, when every exit is known
  readonly #attempts = new Map<string, number>();
  readonly #begun = new Map<string, Child>();
  readonly #latest = new Map<string, Process>();
  readonly #processes = new WeakMap<AnyActorRef, Process>();
  #injections: Injection[] = [];
  #step = 0;
  #workers = 0;

  constructor(tree: Child) {
    this.#tree = tree;
  }

  async boot(): Promise<void> {
    const started = this.#begin(this.#tree, []) as { logic: AnyActorLogic };
    const root = createActor(started.logic, { clock: this.#clock });
    root.subscribe({ error: () => {} });
    root.start();
    await this.#clock.drain();
    if (isAlive(root)) {
      this.#record({ ev: "started", path: [], n: 1, type: "supervisor" });
      this.#record({ ev: "result", op: "boot", result: { ok: true } });
    } else {
      const reason = toReason(exitOf(root));
      this.#record({ ev: "start_failed", path: [], n: 1, type: "supervisor", reason });
      this.#record({ ev: "result", op: "boot", result: { error: reason } });
    }
  }

  async play(step: Step, number: number): Promise<void> {
    this.#step = number;
    this.#injections = "inject" in step ? [...(step.inject ?? [])] : [];
    await this.#perform(step);
    await this.#clock.drain();
  }

  trace(): TraceEvent[] {
    return this.#events.map((read) => read());
  }

  async final(): Promise<Final> {
    const root = this.#latest.get(key([]))!;
    const alive = isAlive(root.actor);
    return { root: alive ? "alive" : "dead", tree: alive ? await this.#nodeOf(root) : null, orphans: this.#orphans() };
  }

  // ---------------------------------------------------------------- steps

  async #perform(step: Step): Promise<void> {
    switch (step.op) {
      case "wait":
        return this.#clock.advance(step.ms);
      case "align":
        return this.#clock.advance((Math.floor(this.#clock.now() / 1000) + 1) * 1000 + step.phase - this.#clock.now());
      case "stop": {
        const root = this.#live([]);
        if (root) void stop(root.actor);
        await this.#clock.drain();
        this.#record({ ev: "result", op: "stop", result: root ? { ok: true } : { error: "noproc" } });
        return;
      }
      case "exit":
        return this.#exit(step.path, step.reason);
      case "signal": {
        const process = this.#live(step.path) ?? this.#noproc(step.op, step.path);
        if (process) exitSignal(process.actor, toExit(step.reason));
        return;
      }
      case "exit_many": {
        const parent = this.#live(step.path) ?? this.#noproc(step.op, step.path);
        if (!parent) return;
        suspend(parent.actor);
        for (const { id, reason } of step.targets) {
          await this.#exit([...step.path, id], reason, step.op);
          await this.#clock.drain(); // a nested supervisor takes the time its children take, a promise its own
        }
        resume(parent.actor);
        return;
      }
      default:
        this.#call(step);
    }
  }

  async #exit(path: Path, reason: Reason, op = "exit"): Promise<void> {
    const process = this.#live(path) ?? this.#noproc(op, path);
    if (!process) return;
    if (reason === "kill") exitSignal(process.actor, killed);
    else if (process.isSupervisor) void stop(process.actor, toExit(reason));
    else endWorker(process.actor, toExit(reason));
  }

  #noproc(op: string, path: Path): undefined {
    this.#record({ ev: "result", op, path, result: { error: "noproc" } });
  }

  #call({ op, path, id, pidOf, spec, args }: ApiStep): void {
    const target = this.#latest.get(key(path));
    const named = args
      ? { id: args[0] }
      : spec
        ? { ...(spec.id !== undefined && { id: spec.id }) }
        : { ...(id !== undefined && { id }), ...(pidOf && { pidOf }) };
    const answered = (result: unknown): void => this.#record({ ev: "result", op, path, ...named, result });
    const child = pidOf ? this.#latest.get(key(pidOf))?.actor : id;
    if (pidOf && !child) answered({ error: "no_such_process" });
    else if (!target) answered({ error: "noproc" });
    else
      request(target.actor, this.#questionOf(op, path, args?.[0] ?? spec ?? child), (answer) =>
        answered(this.#answerOf(op, answer)),
      );
  }

  #questionOf(op: ApiStep["op"], path: Path, child: unknown): Request {
    switch (op) {
      case "start_child":
        return { type: "startChild", child: typeof child === "string" ? child : this.#specOf(child as Child, path) };
      case "terminate_child":
        return { type: "terminateChild", child: child as string };
      case "restart_child":
        return { type: "restartChild", child: child as string };
      case "delete_child":
        return { type: "deleteChild", child: child as string };
      case "which_children":
        return { type: "whichChildren" };
      case "count_children":
        return { type: "countChildren" };
    }
  }

  #answerOf(op: ApiStep["op"], answer: Answer): unknown {
    if (!answer.ok) return this.#no(answer.error);
    switch (op) {
      case "start_child":
      case "restart_child":
        return { ok: this.#pid(answer.value as AnyActorRef | undefined) };
      case "terminate_child":
      case "delete_child":
        return { ok: true };
      case "which_children":
        return { ok: (answer.value as ChildInfo[]).map((info) => this.#row(info)).sort(byName) };
      case "count_children":
        return { ok: { ...(answer.value as ChildCounts) } };
    }
  }

  // ---------------------------------------------------------------- processes

  /** The start function of the child at `path`. */
  #begin(child: Child, path: Path): StartResult {
    const n = (this.#attempts.get(key(path)) ?? 0) + 1;
    this.#attempts.set(key(path), n);
    this.#begun.set(key(path), child);
    switch (child.start?.[n - 1] ?? child.startThen ?? "ok") {
      case "ignore":
        return "ignore";
      case "error":
        return { error: "boom" };
      case "crash":
        throw "boom";
      case "badret":
        return "junk" as never;
      case "ok":
        return { logic: this.#watched(child, path, n) };
    }
  }

  /** The child's logic, with its end recorded by a subscription that is older than its supervisor's. */
  #watched(child: Child, path: Path, n: number): AnyActorLogic {
    const isSupervisor = child.type === "supervisor";
    const logic: AnyActorLogic = isSupervisor ? this.#supervisorOf(child, path) : workerLogic(child, this.#workers++);
    const getInitialSnapshot: AnyActorLogic["getInitialSnapshot"] = (scope, input) => {
      const process: Process = { actor: scope.self, path, n, isSupervisor };
      this.#latest.set(key(path), process);
      this.#processes.set(scope.self, process);
      const gone = () => {
        const { ev, step } = { ev: isSupervisor ? "supervisor_exit" : "terminated", step: this.#step };
        this.#events.push(() => ({ step, ev, path, n, reason: toReason(exitOf(scope.self)) }));
      };
      scope.self.subscribe({ complete: gone, error: gone });
      if (isSupervisor) this.#record({ ev: "sup_init", path, n });
      return logic.getInitialSnapshot(scope, input);
    };
    return Object.create(logic, { getInitialSnapshot: { value: getInitialSnapshot } });
  }

  #supervisorOf({ sup = {}, children = [] }: Child, path: Path): AnyActorLogic {
    const { strategy, intensity, period, auto_shutdown: autoShutdown } = sup;
    const isSimple = strategy === "simple_one_for_one";
    const options = {
      ...(strategy !== undefined && { strategy }),
      ...(intensity !== undefined && { intensity }),
      ...(period !== undefined && { period }),
      ...(autoShutdown !== undefined && { autoShutdown }),
      ...(isSimple && { otpRelease: 25 }),
      children: children.map((child) => (isSimple ? this.#templateOf(child, path) : this.#specOf(child, path))),
      onFact: (fact: SupervisionFact) => this.#onFact(fact, path),
    };
    return supervisor(options as never);
  }

  #specOf(child: Child, parent: Path): ChildSpec {
    const { id, restart, shutdown, type, significant, omit = [] } = child;
    const spec = { id, start: () => this.#begin(child, [...parent, id]), restart, shutdown, type, significant };
    return Object.fromEntries(
      Object.entries(spec).filter(([name, value]) => value !== undefined && !omit.includes(name)),
    ) as never;
  }

  #templateOf(child: Child, parent: Path): object {
    return {
      ...this.#specOf(child, parent),
      id: (name: string) => name,
      start: (name: string) => this.#begin(child, [...parent, name]),
    };
  }

  #onFact(fact: SupervisionFact, parent: Path): void {
    if (fact.type !== "child.started" && fact.type !== "child.ignored" && fact.type !== "child.failed") return;
    const path = [...parent, fact.id];
    const at = { path, n: this.#attempts.get(key(path))!, type: this.#begun.get(key(path))!.type ?? "worker" };
    if (fact.type === "child.started") this.#record({ ev: "started", ...at });
    else if (fact.type === "child.ignored") this.#record({ ev: "start_ignored", ...at });
    else {
      this.#record({ ev: "start_failed", ...at, reason: toReason(fact.reason) });
      this.#inject(path);
    }
  }

  #inject(path: Path): void {
    const found = this.#injections.find((injection) => key(injection.path) === key(path));
    if (!found) return;
    this.#injections = this.#injections.filter((injection) => injection !== found);
    for (const op of found.ops) this.#call(op);
  }

  // ---------------------------------------------------------------- in the words of the recording

  #record(event: Omit<TraceEvent, "step">): void {
    const recorded = { step: this.#step, ...event } as TraceEvent;
    this.#events.push(() => recorded);
  }

  #live(path: Path): Process | undefined {
    const process = this.#latest.get(key(path));
    return process && isAlive(process.actor) ? process : undefined;
  }

  #pid(actor: AnyActorRef | undefined): unknown {
    const process = actor && this.#processes.get(actor);
    return process ? { path: process.path, n: process.n } : null;
  }

  #no(error: CallError): unknown {
    if (typeof error === "string") return { error };
    if ("already_started" in error) return { error: { already_started: this.#pid(error.already_started) } };
    if ("start_failed" in error) return { error: { start_failed: toReason(error.start_failed) } };
    return { error: { bad_spec: toWords(error.bad_spec.reason) } };
  }

  #row({ id, type, state, actor }: ChildInfo): Record<string, unknown> {
    const process = actor && this.#processes.get(actor);
    return {
      id: id ?? null,
      type,
      state: state === "stopped" ? "undefined" : state,
      ...(process && { n: process.n }),
      ...(process && id === undefined && { name: process.path.at(-1) }),
    };
  }

  async #nodeOf({ actor, n }: Process): Promise<unknown> {
    const [infos, counts] = await Promise.all([whichChildren(actor), countChildren(actor)]);
    if (!infos.ok || !counts.ok) return null;
    const children = await Promise.all(
      infos.value.map(async (info) => {
        const process = info.actor && this.#processes.get(info.actor);
        return { ...this.#row(info), ...(process?.isSupervisor && { sup: await this.#nodeOf(process) }) };
      }),
    );
    return { n, counts: counts.value, children: children.sort(byName) };
  }

  /** Live processes that the tree does not hold. */
  #orphans(): unknown[] {
    return [...this.#latest.values()]
      .filter(({ actor, path }) => isAlive(actor) && path.some((_, i) => !this.#live(path.slice(0, i))))
      .map(({ path, n }) => ({ path, n }));
  }
}

const key = (path: Path): string => JSON.stringify(path);

/** Rows without an id have no order in OTP; the recordings sort them. Rows with one keep theirs. */
const byName = (a: Record<string, unknown>, b: Record<string, unknown>): number => {
  if (a.id !== null || b.id !== null) return 0;
  const text = ({ name, state, n }: Record<string, unknown>) => [name ?? "", state, n];
  return JSON.stringify(text(a)) < JSON.stringify(text(b)) ? -1 : 1;
};

function toExit(reason: Reason): Exit {
  if (typeof reason === "object") return shutdown(reason.shutdown);
  return { normal, shutdown: shutdown(), kill: killed }[reason] ?? crash(reason);
}

/** An exit, or the reason of a failed start. */
function toReason(reason: unknown): unknown {
  const exit = reason as Exit | undefined;
  switch (exit?.kind) {
    case "normal":
    case "killed":
      return exit.kind;
    case "shutdown":
      return exit.reason === undefined ? "shutdown" : { shutdown: toBoot(exit.reason) };
    case "crash":
      return exit.error instanceof SpecError ? toWords(exit.error.reason) : exit.error;
    case undefined:
      return reason;
  }
}

const toBoot = (why: unknown): unknown =>
  typeof why === "object" && why !== null && "reason" in why ? { ...why, reason: toReason(why.reason) } : why;

/** A fault's reason, in the spelling of the recordings. */
function toWords(reason: unknown): unknown {
  if (typeof reason !== "object" || reason === null) return reason;
  if ("bad_start_spec" in reason) return { bad_start_spec: (reason.bad_start_spec as unknown[]).map(() => "map") };
  if ("bad_combination" in reason)
    return {
      bad_combination: (reason.bad_combination as object[]).map((pair) =>
        "significant" in pair ? { significant: "true" } : pair,
      ),
    };
  return Object.fromEntries(Object.entries(reason).map(([word, value]) => [word, toWords(value)]));
}
