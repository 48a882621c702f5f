import { type Message, openaiCompatible, type ScriptedReply, scripted } from "crucible-harness/backends";

const { OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL = "gpt-4o-mini" } = process.env;

const call = (name: string, given: Record<string, unknown>): ScriptedReply => ({
  content: "",
  toolCalls: [{ id: `${name}-${Object.values(given).join()}`, name, arguments: given }],
});

/** Answers offline: looks up both fruits if it has the tool for it, guesses if it has not, and hands in the sum. */
const offline = scripted((messages: readonly Message[], { tools = [] }) => {
  const question = messages.find(({ role }) => role === "user")!.content;
  const [, one = "", other = ""] = question.match(/How many (\w+) and (\w+)/) ?? [];
  const found = messages.filter(({ role }) => role === "tool").map(({ content }) => Number(content));
  const canLook = tools.some(({ name }) => name === "count_stock");
  if (canLook && found.length < 2) return call("count_stock", { fruit: found.length === 0 ? one : other });
  const sum = canLook ? found[0]! + found[1]! : one.length + other.length;
  return call("submit", { answer: String(sum) });
});

/** The server at OPENAI_BASE_URL (https://api.openai.com/v1, http://127.0.0.1:11434/v1, ...); a scripted model where that is not set. */
export const model = OPENAI_BASE_URL
  ? openaiCompatible({
      baseURL: OPENAI_BASE_URL,
      model: OPENAI_MODEL,
      ...(OPENAI_API_KEY ? { apiKey: OPENAI_API_KEY } : {}),
    })
  : offline;
