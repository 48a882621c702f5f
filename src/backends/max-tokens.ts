import { toFailure } from "#src/kernel/failure";

/** What servers call the limit of a reply. */
export type MaxTokensField = "max_tokens" | "max_completion_tokens";

/** OpenAI's reasoning models, which refuse `max_tokens`: o1, o3-mini, gpt-5, with a provider before the name or a date behind it. */
const reasons = /(?:^|\/)(?:o[1-9]|gpt-(?:[5-9]|[1-9]\d)|codex-mini|computer-use)(?![a-z0-9])/i;

const refused =
  /unsupported|not supported|unrecognized|unknown|unexpected|not permitted|not allowed|extra (?:field|input)|additional propert|invalid (?:param|arg|field)/i;

/**
 * Which field limits a reply, by model: as the user says, else as the server said once, else by the model's name.
 *
 * @example maxTokensFields().of("openai/gpt-5-mini") // => "max_completion_tokens"
 * @example maxTokensFields().of("gpt-4o") // => "max_tokens"
 */
export function maxTokensFields(fixed?: MaxTokensField): {
  of(model: string | undefined): MaxTokensField;
  /** The field that a refusal asks for instead, remembered for the model; nothing where it is about something else. */
  learn(model: string | undefined, tried: MaxTokensField, thrown: unknown): MaxTokensField | undefined;
} {
  const learned = new Map<string, MaxTokensField>();
  return {
    of: (model = "") => fixed ?? learned.get(model) ?? (reasons.test(model) ? "max_completion_tokens" : "max_tokens"),
    learn(model = "", tried, thrown) {
      if (fixed !== undefined) return undefined;
      const known = learned.get(model);
      if (known !== undefined) return known === tried ? undefined : known; // others were refused at the same time
      const { status, message } = toFailure(thrown, 0);
      if (status !== 400 && status !== 422) return undefined;
      if (!message.includes("max_completion_tokens") || !refused.test(message)) return undefined;
      const other = tried === "max_tokens" ? "max_completion_tokens" : "max_tokens";
      learned.set(model, other);
      return other;
    },
  };
}
