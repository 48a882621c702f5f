import nodeCrypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { dirname, sep } from "node:path";
import timers from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** Folders whose code asks for real time to do its work: this package's own, and that of packages. */
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const isOwn = (frame: string): boolean =>
  ["src", "actors", "supervisors", "dist"].some((folder) => frame.includes(`${root}${sep}${folder}${sep}`)) ||
  /node_modules|node:|<anonymous>\)?$/.test(frame);

/**
 * Runs something while the global clock, timers and generators are watched.
 *
 * @returns a line for each place that used one of them: `Math.random at /work/x.ts:12:3`
 */
export async function usesOfOutside(during: () => Promise<unknown>): Promise<string[]> {
  const uses = new Set<string>();
  const see = (what: string): void => {
    const place = new Error().stack?.split("\n").find((frame, i) => i > 0 && !isOwn(frame));
    const at = /^(?:file:\/\/)?\/.+:\d+:\d+$/.exec(place?.split(/[\s()]+/).findLast((part) => part !== "") ?? "")?.[0];
    if (at !== undefined) uses.add(`${what} at ${at}`);
  };
  const seen = <F extends (...args: never[]) => unknown>(what: string, fn: F): F =>
    new Proxy(fn, {
      apply: (target, self, args) => {
        see(what);
        return Reflect.apply(target, self, args);
      },
    });
  const RealDate = globalThis.Date;
  const now = seen("Date.now", RealDate.now);
  const hrtime = Object.assign(seen("process.hrtime", process.hrtime.bind(process)), {
    bigint: seen("process.hrtime", process.hrtime.bigint),
  });
  const restore = [
    put(
      globalThis,
      "Date",
      new Proxy(RealDate, {
        construct: (target, args, made) => {
          if (args.length === 0) see("new Date");
          return Reflect.construct(target, args, made);
        },
        get: (target, name) => (name === "now" ? now : Reflect.get(target, name, target)),
      }),
    ),
    put(Math, "random", seen("Math.random", Math.random)),
    put(performance, "now", seen("performance.now", performance.now.bind(performance))),
    put(
      globalThis,
      "fetch",
      new Proxy(globalThis.fetch, {
        apply: (target, self, [asked, ...more]) => {
          const url = asked instanceof Request ? asked.url : String(asked);
          uses.add(`fetch of ${URL.canParse(url) ? new URL(url).origin : url}`); // also where a backend of this package asks for it
          return Reflect.apply(target, self, [asked, ...more]);
        },
      }),
    ),
    ...(["setTimeout", "setInterval", "setImmediate"] as const).map((name) =>
      put(globalThis, name, seen(name, globalThis[name] as never)),
    ),
    ...(["randomUUID", "getRandomValues"] as const).map((name) =>
      put(crypto, name, seen(`crypto.${name}`, crypto[name].bind(crypto) as never)),
    ),
    ...(["randomUUID", "randomBytes", "randomInt"] as const).map((name) =>
      put(nodeCrypto, name, seen(`crypto.${name}`, nodeCrypto[name] as never)),
    ),
    put(timers, "setTimeout", seen("setTimeout", timers.setTimeout)),
    put(process, "hrtime", hrtime),
  ];
  syncBuiltinESMExports(); // for those who import them by name
  try {
    await during();
  } finally {
    for (const undo of restore) undo();
    syncBuiltinESMExports();
  }
  return [...uses];
}

/** A day, an hour, a minute, a second and a millisecond: every field of a date is another one. */
const LATER_MS = 90_061_001;

/** Runs something on a later day: of two simulations in one millisecond, the clock would be the same. */
export async function elsewhere<T>(during: () => Promise<T>): Promise<T> {
  const RealDate = globalThis.Date;
  const now = (): number => RealDate.now() + LATER_MS;
  const undo = put(
    globalThis,
    "Date",
    new Proxy(RealDate, {
      apply: () => new RealDate(now()).toString(),
      construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made),
      get: (target, name) => (name === "now" ? now : Reflect.get(target, name, target)),
    }),
  );
  try {
    return await during();
  } finally {
    undo();
  }
}

function put<T extends object, K extends keyof T>(owner: T, name: K, value: T[K]): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  return () => {
    if (before) Object.defineProperty(owner, name, before);
    else delete owner[name];
  };
}
