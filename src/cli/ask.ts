import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

/** A question was left with Ctrl-C or Ctrl-D. */
export class NotAnswered extends Error {
  constructor() {
    super("the question was left without an answer, so nothing was run");
  }
}

/** Asks for a yes. @throws NotAnswered */
export const ask = async (question: string): Promise<boolean> =>
  /^y(es)?$/i.test(await answerTo(`${question} [y/N] `, process.stderr));

/** Asks for what is not shown as it is typed. @throws NotAnswered */
export async function askSecret(question: string): Promise<string> {
  let isAsked = false;
  const output = new Writable({
    write: (chunk: Buffer, _, done) => {
      if (!isAsked) process.stderr.write(chunk);
      done();
    },
  });
  try {
    const answer = answerTo(`${question}: `, output);
    isAsked = true;
    return await answer;
  } finally {
    process.stderr.write("\n");
  }
}

async function answerTo(words: string, output: NodeJS.WritableStream): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return (await terminal.question(words)).trim();
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ABORT_ERR" ? new NotAnswered() : error;
  } finally {
    terminal.close();
  }
}
