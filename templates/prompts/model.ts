import { openaiCompatible, scripted } from "crucible-harness/backends";

const { OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL = "gpt-4o-mini" } = process.env;

/** Answers offline. It calculates from left to right, unless it is asked to think. */
const offline = scripted((messages) => {
  const { content } = messages.at(-1)!;
  const [, a, first, b, second, c] = content.match(/(\d+) ([+*]) (\d+) ([+*]) (\d+)/) ?? [];
  const calculate = (x: number, sign: string | undefined, y: number): number => (sign === "*" ? x * y : x + y);
  const multipliesLast = second === "*" && /step by step/.test(content);
  const result = multipliesLast
    ? calculate(Number(a), first, calculate(Number(b), second, Number(c)))
    : calculate(calculate(Number(a), first, Number(b)), second, Number(c));
  return `The answer is ${result}`;
});

/** The server at OPENAI_BASE_URL (https://api.openai.com/v1, http://127.0.0.1:11434/v1, ...); a scripted model where that is not set. */
export const model = OPENAI_BASE_URL
  ? openaiCompatible({
      baseURL: OPENAI_BASE_URL,
      model: OPENAI_MODEL,
      ...(OPENAI_API_KEY ? { apiKey: OPENAI_API_KEY } : {}),
    })
  : offline;
