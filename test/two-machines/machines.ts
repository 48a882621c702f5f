import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, connect as dial, type Server, type Socket } from "node:net";
import { stream } from "#src/kernel/random";
import { crucibleCommand } from "../real/command.ts";

/** A machine with a network of its own, on which workers are started. */
export interface Machine {
  readonly name: string;
  /** What its line is like, in words. */
  readonly line: string;
  /** Starts `crucible` there. */
  start(args: readonly string[], env: Readonly<Record<string, string>>, cwd: string): ChildProcess;
  /** The address of Redis as it is seen from there. */
  readonly redis: string;
  /** Nothing goes over its line any more, in either direction, and nobody is told. */
  cut(): void;
  mend(): void;
  remove(): void;
}

/** Share of packets that are lost, each way. */
const LOST = 0.03;

const ip = (...args: string[]): void => void execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
const succeeds = (command: string, args: readonly string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** Whether network namespaces can be made here. */
export function canMakeNamespaces(): boolean {
  const name = `crucible-${process.pid}-try`;
  if (!succeeds("ip", ["netns", "add", name])) return false;
  return succeeds("ip", ["netns", "del", name]);
}

/** The address under which machine `n` sees the machine of the run. */
export const addressOf = (n: number): string => `10.77.${n}.1`;

/** The lines of machines to this one; made before Redis, which listens on them. */
export function makeLine(n: number): { readonly space: string; readonly device: string; readonly words: string } {
  const [space, device] = [`crucible${n}`, `crucible-v${n}`];
  succeeds("ip", ["netns", "del", space]); // of a script that was killed
  succeeds("ip", ["link", "del", device]);
  ip("netns", "add", space);
  ip("link", "add", device, "type", "veth", "peer", "name", "line", "netns", space);
  ip("addr", "add", `${addressOf(n)}/24`, "dev", device);
  ip("link", "set", device, "up");
  ip("-n", space, "addr", "add", `10.77.${n}.2/24`, "dev", "line");
  ip("-n", space, "link", "set", "line", "up");
  ip("-n", space, "link", "set", "lo", "up");
  const netem = ["qdisc", "add", "dev", device, "root", "netem", "delay", "20ms", "5ms", "loss", `${100 * LOST}%`];
  if (succeeds("tc", netem)) return { space, device, words: `20 ms late, ${100 * LOST} % of packets lost (tc netem)` };
  const rules = `table inet ${space} {
    chain in { type filter hook input priority 0; iifname "${device}" numgen random mod 100 < ${100 * LOST} drop; }
    chain out { type filter hook output priority 0; oifname "${device}" numgen random mod 100 < ${100 * LOST} drop; }
  }`;
  succeeds("nft", ["delete", "table", "inet", space]);
  if (succeeds("nft", [rules]))
    return { space, device, words: `${100 * LOST} % of packets lost each way (nft: this kernel has no netem)` };
  return { space, device, words: "no packets lost: neither tc netem nor nft is there" };
}

/** A network namespace as a machine. */
export function namespaceMachine(
  n: number,
  { space, device, words }: ReturnType<typeof makeLine>,
  redis: string,
  aheadS: number,
): Machine {
  return {
    name: `machine ${n}`,
    line: `a network namespace, ${words}${clockWords(aheadS)}`,
    redis,
    start: (args, env, cwd) =>
      startHere(
        "ip",
        ["netns", "exec", space, process.execPath, ...crucibleCommand, ...args],
        { ...env, ...clockAhead(aheadS) },
        cwd,
      ),
    cut: () => ip("link", "set", device, "down"),
    mend: () => ip("link", "set", device, "up"),
    remove: () => {
      succeeds("ip", ["link", "del", device]);
      succeeds("ip", ["netns", "del", space]);
      succeeds("nft", ["delete", "table", "inet", space]);
    },
  };
}

/** A process behind a proxy as a machine: for those who may make no network namespaces. */
export async function proxiedMachine(
  n: number,
  port: number,
  redis: (port: number) => string,
  aheadS: number,
): Promise<Machine> {
  const line = await lateLine(port, `machine ${n}`);
  return {
    name: `machine ${n}`,
    line: `a process behind a proxy that is 10 to 30 ms late, and 250 ms for ${100 * LOST} % of what it passes on${clockWords(aheadS)}`,
    redis: redis(line.port),
    start: (args, env, cwd) =>
      startHere(process.execPath, [...crucibleCommand, ...args], { ...env, ...clockAhead(aheadS) }, cwd),
    cut: line.cut,
    mend: line.mend,
    remove: line.close,
  };
}

function startHere(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
): ChildProcess {
  return spawn(command, args, {
    cwd,
    env: { ...process.env, NODE_OPTIONS: "", NODE_NO_WARNINGS: "1", ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
}

const libraries = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map((each) => `/usr/lib/${each}/faketime/libfaketime.so.1`);
/** Whether clocks can be set apart here: Debian's package libfaketime. */
export const faketime = libraries.find((path) => existsSync(path));

/** The wall clock is ahead; what measures durations is not, so that the times of all machines can be compared. */
const clockAhead = (aheadS: number): Record<string, string> =>
  faketime === undefined || aheadS === 0
    ? {}
    : { LD_PRELOAD: faketime, FAKETIME: `+${aheadS}s`, FAKETIME_DONT_FAKE_MONOTONIC: "1" };

const clockWords = (aheadS: number): string => {
  if (aheadS === 0) return "";
  return faketime === undefined
    ? "; its clock is right (no libfaketime)"
    : `; its clock is ${aheadS / 60} minutes ahead`;
};

/** Passes on what it receives, in order and late; while it is cut nothing, and nothing is lost of what is still wanted then, as TCP would. */
async function lateLine(
  port: number,
  name: string,
): Promise<{ port: number; cut(): void; mend(): void; close(): void }> {
  const draw = stream(name, "line");
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();
  let isCut = false;
  const whole = (): Promise<void> => (isCut ? new Promise((done) => waiting.add(done)) : Promise.resolve());
  const pass = (from: Socket, to: Socket): void => {
    let before = Promise.resolve();
    from.on("data", (chunk) => {
      const lateMs = draw() < LOST ? 250 : 10 + 20 * draw();
      const arrives = performance.now() + lateMs;
      before = before.then(async () => {
        await new Promise((done) => setTimeout(done, arrives - performance.now()));
        await whole();
        if (!to.destroyed) to.write(chunk);
      });
    });
    from.on("close", () => void before.then(whole).then(() => to.destroy()));
    from.on("error", () => {});
  };
  const server: Server = createServer((near) => {
    const far = dial(port, "127.0.0.1");
    for (const socket of [near, far]) sockets.add(socket);
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as { port: number }).port,
    cut: () => {
      isCut = true;
    },
    mend: () => {
      isCut = false;
      for (const done of waiting) done();
      waiting.clear();
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
