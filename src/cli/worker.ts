import { serve } from "#src/app/serve";
import { parametersFrom } from "./arguments.ts";
import { exitCodes } from "./exit-code.ts";
import { warn } from "./print.ts";
import type { Flags } from "./run.ts";

/** `crucible worker <file>`: works until it is stopped. @returns the exit code */
export async function work(file: string, flags: Flags): Promise<number> {
  const worker = await serve(file, {
    parameters: parametersFrom(file, flags),
    redis: flags.redis as string | undefined,
    inside: flags.executor as "inline" | "threads" | undefined,
    concurrency: flags.concurrency as number | undefined,
    lockMs: flags.lockMs as number | undefined,
    notice: (message) => warn(message),
  });
  const { name, code, address, concurrency } = worker;
  warn(`worker ${name} serves ${file} (code ${code.slice(0, 8)}) at ${address}, ${concurrency} tasks at a time`);
  await stopped((signal, again) => {
    if (again) return worker.close("now");
    warn(`${signal}: running tasks end, no new ones start; press Ctrl-C again to give them up to other workers`);
    return worker.close();
  });
  return exitCodes.ended;
}

/** Resolves when one of the goodbyes that the signals ask for has been said. */
function stopped(goodbye: (signal: NodeJS.Signals, again: boolean) => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let asked = 0;
    const onSignal = (signal: NodeJS.Signals): void => {
      asked += 1;
      if (asked <= 2) goodbye(signal, asked === 2).then(resolve, reject);
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
  });
}
