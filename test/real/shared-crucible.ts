import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll } from "vitest";
import { ownPackage } from "#src/execute/package";
import { cli, type crucible, type Ended, loader } from "./command.ts";

/**
 * Runs `crucible` to its end, all commands of a test file in one process: where a test asks what a command reads, writes and says, and not
 * what becomes of its process. A file that such a command imports is loaded once. To be called outside of tests.
 */
export function sharedCrucible(): typeof crucible {
  let host: ChildProcess | undefined;
  let last: Promise<unknown> = Promise.resolve();
  afterAll(() => void host?.kill());
  const answer = <T>(from: ChildProcess): Promise<T> =>
    new Promise((done, fail) => {
      const onExit = (code: number | null): void => fail(new Error(`the process of the commands ended with ${code}`));
      from.once("exit", onExit);
      from.once("message", (message) => {
        from.off("exit", onExit);
        done(message as T);
      });
    });
  const open = async (): Promise<ChildProcess> => {
    const opened = fork(
      join(import.meta.dirname, "command-host.mjs"),
      [pathToFileURL(cli("commands")).href, ownPackage().version],
      {
        execArgv: [...loader],
        env: { ...process.env, NODE_OPTIONS: "", NODE_NO_WARNINGS: "1", GITHUB_ACTIONS: "" },
      },
    );
    await answer(opened);
    return opened;
  };
  return (args, cwd, env = {}) => {
    const ended = last.then(async () => {
      host ??= await open();
      host.send({ args, cwd, env });
      return answer<Ended>(host);
    });
    last = ended.catch(() => {
      host = undefined;
    });
    return ended;
  };
}
