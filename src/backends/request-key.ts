import { digest } from "#src/kernel/digest";
import type { GenerateConfig, Message } from "./backend.ts";

/**
 * The identity of a request: messages, parameters, tools, repeat and branch. Ids of tool calls, which providers draw at random, count only
 * by the order in which they come; thoughts, which follow from earlier requests, do not count.
 *
 * @param scope what else distinguishes requests: a backend's name
 */
export function requestKey(messages: readonly Message[], config: GenerateConfig, scope?: string): string {
  const ids = new Map<string, string>();
  const numbered = (id: string): string => {
    if (!ids.has(id)) ids.set(id, `call ${ids.size}`);
    return ids.get(id)!;
  };
  const plain = messages.map((message) => {
    if (message.role === "tool") return { ...message, toolCallId: numbered(message.toolCallId) };
    if (message.role !== "assistant") return message;
    const { reasoning: _, echo: __, ...said } = message;
    if (!said.toolCalls) return said;
    return { ...said, toolCalls: said.toolCalls.map((call) => ({ ...call, id: numbered(call.id) })) };
  });
  return digest({ messages: plain, config, scope });
}
