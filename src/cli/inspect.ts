import { openInspector } from "#src/inspector/inspector";
import { exitCodes } from "./exit-code.ts";
import { print, printJson } from "./print.ts";
import type { Flags } from "./run.ts";

/** `crucible inspect`: shows the actors of apps that connect, until it is interrupted. @returns the exit code */
export async function inspect(flags: Flags): Promise<number> {
  const port = (flags.port as number | undefined) ?? 0;
  const inspector = await openInspector({ port, keepsAlive: true });
  const { url, feed } = inspector;
  if (flags.json === true) printJson({ type: "inspector", url, feed, port: inspector.port });
  else
    print(
      url,
      "",
      `apps connect to ${feed}`,
      `  an XState app: createActor(machine, { inspect: createWebSocketInspector({ url: "${feed}" }).inspect })`,
      `  a run: crucible run experiment.ts --inspect ${feed}`,
      "it shows them to this machine's user only; Ctrl-C ends it",
    );
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  await inspector.close();
  return exitCodes.ended;
}
