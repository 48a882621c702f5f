import { describe, expectTypeOf, it } from "vitest";
import { type ActorRefFrom, createActor, fromCallback, fromPromise, fromTransition, setup } from "xstate";
import {
  ask,
  type ChildSpec,
  dynamicSupervisor,
  mapTasks,
  startChild,
  supervisor,
  task,
  taskSupervisor,
  whichChild,
} from "#supervisors/otp/index";

const page = fromPromise<number, { url: string }>(async () => 1);
const clock = fromCallback(() => {});
const counter = fromTransition(
  (n: number, event: { type: "add"; by: number } | { type: "total"; reply: (n: number) => void }) =>
    event.type === "add" ? n + event.by : n,
  0,
);
const machine = setup({ types: { input: {} as { path: string }, events: {} as { type: "open" } } }).createMachine({});

// Checked by the compiler alone (`npm run typecheck`), with the newest and the oldest XState; nothing here is called.
describe("types of supervision", () => {
  it("the input of a child is what its logic asks for", () => {
    () => {
      supervisor({
        children: [
          { id: "a", start: page, input: { url: "/" } },
          { id: "b", start: clock },
        ],
      });
      supervisor({ children: [{ id: "a", start: () => ({ logic: page, input: { url: "/" } }) }] });
      supervisor({ children: [{ id: "a", start: ({ restarts }) => (restarts > 1 ? "ignore" : { logic: clock }) }] });
      supervisor({ children: [{ id: "a", run: async ({ signal }) => signal.aborted }] });
      supervisor({ children: [{ id: "a", start: supervisor({ children: [] }) }] });
      // @ts-expect-error the input is missing
      supervisor({ children: [{ id: "a", start: page }] });
      // @ts-expect-error it has another type
      supervisor({ children: [{ id: "a", start: page, input: { url: 5 } }] });
      // @ts-expect-error a machine asks for its own
      supervisor({ children: [{ id: "a", start: machine, input: { url: "/" } }] });
      // @ts-expect-error so does what a start function returns
      supervisor({ children: [{ id: "a", start: () => ({ logic: page, input: { url: 5 } }) }] });
      // @ts-expect-error also where it is missing
      supervisor({ children: [{ id: "a", start: () => ({ logic: machine }) }] });
    };
  });

  it("specs whose types are not known are not checked", () => {
    (specs: ChildSpec[], spec: ChildSpec) => supervisor({ children: [...specs, spec] });
  });

  it("words are checked, in specs and in flags", () => {
    () => {
      // @ts-expect-error no such restart type
      supervisor({ children: [{ id: "a", start: clock, restart: "always" }] });
      // @ts-expect-error no such strategy
      supervisor({ strategy: "one_for_al", children: [] });
    };
  });

  it("the arguments of a dynamic supervisor are the input of its logic", () => {
    () => {
      const pool = createActor(dynamicSupervisor<{ url: string }>({ start: page }));
      startChild(pool, { url: "/" });
      // @ts-expect-error other arguments
      startChild(pool, { url: 5 });
      // @ts-expect-error the logic asks for a text
      dynamicSupervisor<{ url: number }>({ start: page });
      // @ts-expect-error the logic asks for something
      dynamicSupervisor<undefined>({ start: page });
      dynamicSupervisor({ start: (url: string) => ({ logic: page, input: { url } }) });
      dynamicSupervisor<{ url: string }>({ start: page, restartDelay: { initialDelayMs: 100, seed: 1 } });
      dynamicSupervisor<{ url: string }>({ start: page, restartDelayMs: (_, { restarts }) => 100 * restarts });
      // @ts-expect-error what a start function returns is checked
      dynamicSupervisor({ start: (url: number) => ({ logic: page, input: { url } }) });
    };
  });

  it("an actor is asked in its own events", () => {
    (actor: ActorRefFrom<typeof counter>) => {
      expectTypeOf(ask(actor, (reply: (n: number) => void) => ({ type: "total", reply }))).resolves.toEqualTypeOf<
        { readonly ok: true; readonly value: number } | { readonly ok: false; readonly error: "noproc" | "timeout" }
      >();
      // @ts-expect-error no such event
      ask(actor, (reply) => ({ type: "totl", reply }));
      // @ts-expect-error the answer is a number
      ask(actor, (reply: (n: string) => void) => ({ type: "total", reply }));
    };
  });

  it("a child found by its id receives its own events", () => {
    async () => {
      const app = createActor(
        supervisor({
          children: [
            { id: "counter", start: counter },
            { id: "clock", start: clock },
          ],
        }),
      );
      const found = await whichChild(app, "counter");
      if (!found.ok) return;
      found.value.actor?.send({ type: "add", by: 1 });
      // @ts-expect-error no such event
      found.value.actor?.send({ type: "ad", by: 1 });
      expectTypeOf(found.value.actor?.getSnapshot().context).toEqualTypeOf<number | undefined>();
    };
  });

  it("a task has the type of what its function returns", () => {
    async () => {
      const pool = createActor(taskSupervisor());
      expectTypeOf(task(pool, () => 5).await()).resolves.toEqualTypeOf<number>();
      expectTypeOf(task(pool, async () => "a").await()).resolves.toEqualTypeOf<string>();
      for await (const result of mapTasks(pool, [1, 2], async (n) => String(n)))
        if (result.ok) expectTypeOf(result.value).toEqualTypeOf<string>();
    };
  });
});
