import type { Outcome, TaskContext } from "crucible-harness";
import { stream } from "#src/kernel/random";

/** What every hostile act says, so that a row which has it by another task's fault is found. */
const said = (task: string): string => `hostile at ${task}`;

type Act = (task: string, context: TaskContext, good: () => object) => unknown;

const later = (task: string): never => {
  throw new Error(said(task));
};

/** Ways in which a condition misbehaves. Each ends its task in the same way every time. */
const acts: Readonly<Record<string, Act>> = {
  "a getter that throws": (task) => {
    throw Object.defineProperty(new Error("x"), "message", { get: () => later(task) });
  },
  "a status with a getter that throws": (task) => {
    throw Object.defineProperty({ status: 503 }, "cause", { get: () => later(task) });
  },
  "a revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    throw proxy;
  },
  "a revoked proxy that is returned": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  "a symbol": (task) => {
    throw Symbol(said(task));
  },
  "a huge message": (task) => {
    throw new Error(said(task) + "!".repeat(1_000_000));
  },
  "an endless cause": (task) => {
    const error = new Error(said(task));
    throw Object.assign(error, { cause: error });
  },
  "a rejection that nobody waits for": (task, _, good) => {
    void Promise.reject(new Error(said(task)));
    return good();
  },
  "a timer that throws": (task) => {
    setTimeout(() => later(task), 1);
    return new Promise(() => {});
  },
  "a timer that throws after the end": (task, _, good) => {
    setImmediate(() => setImmediate(() => later(task)));
    return good();
  },
  "a promise of promises": (_, __, good) => {
    const within = (depth: number): unknown => {
      if (depth === 0) return good();
      // biome-ignore lint/suspicious/noThenProperty: hostile on purpose
      return { then: (take: (value: unknown) => void) => take(within(depth - 1)) };
    };
    return within(50);
  },
  "a then that throws": (task) => {
    // biome-ignore lint/suspicious/noThenProperty: hostile on purpose
    return { then: () => later(task) };
  },
  "a then that answers twice": (_, __, good) => {
    const twice = (resolve: (value: unknown) => void) => [resolve(good()), resolve({ accuracy: 99 })];
    // biome-ignore lint/suspicious/noThenProperty: hostile on purpose
    return { then: twice };
  },
  "a member that throws": (task, _, good) =>
    Object.defineProperty(good(), "more", { enumerable: true, get: () => later(task) }),
  "an amount that is none": (_, context, good) => {
    try {
      context.charge(Number.NaN);
    } catch {
      // as a library would
    }
    return good();
  },
  "an output of itself": (_, __, good) => {
    const output: Record<string, unknown> = { ...good() };
    output.self = output;
    return output;
  },
  "names of the language": (_, __, good) => ({
    ...good(),
    constructor: 1,
    toString: "x",
    ["__proto__"]: { polluted: 1 },
  }),
};

const names = Object.keys(acts);

/** How a task misbehaves, if it does: drawn by its name, and so the same in every session and in the straight run. */
export function hostilityOf(seed: string, task: string): string | undefined {
  const draw = stream(seed, "hostile", task);
  return draw() < 0.25 ? names[Math.floor(draw() * names.length)] : undefined;
}

/** What a task returns that misbehaves so. */
export const misbehave = (hostility: string, ...given: Parameters<Act>): unknown => acts[hostility]!(...given);

/** How the errors of a task begin that misbehaves in no way: its own, and those that are injected. */
const ownErrors = /^(the scorer judge failed: )?(no|not now)$|injected/;

/**
 * What a row says that its task did not do.
 *
 * @param row as `rowsOf` gives it
 * @returns a sentence for each
 */
export function blamed(seed: string, task: string, row: string): string[] {
  const { errorHistory } = JSON.parse(row) as Pick<Outcome, "errorHistory">;
  const others = [...row.matchAll(/hostile at ([\w/]+)/g)].map(([, name]) => name!).filter((name) => name !== task);
  const odd = errorHistory.map(({ error }) => error.message).filter((message) => !ownErrors.test(message));
  return [
    ...others.map((name) => `${task} has in its row what ${name} did`),
    ...(hostilityOf(seed, task) === undefined
      ? odd.map((message) => `${task} did nothing odd, and failed by ${message.slice(0, 200)}`)
      : []),
  ];
}
