/** What a name must hold for a family, behind anything that is not a letter. */
const families: readonly (readonly [name: string, mark: RegExp])[] = [
  [
    "GPT",
    /(?<!\p{L})(?:(?:chat)?gpt-?(?:\d|oss)|chatgpt|o[1-9](?:-(?:mini|pro|preview))?(?![\p{L}\d.])|text-davinci)/u,
  ],
  ["Claude", /(?<!\p{L})claude/u],
  ["Gemini", /(?<!\p{L})gemini/u],
  ["Gemma", /(?<!\p{L})gemma/u],
  ["Llama", /(?<!\p{L})(?:meta-?)?llama-?\d/u],
  ["Qwen", /(?<!\p{L})(?:qwen|qwq|qvq)/u],
  ["Mistral", /(?<!\p{L})(?:mistral|mixtral|ministral|codestral|magistral|devstral|pixtral)(?!ai)/u],
  ["DeepSeek", /(?<!\p{L})deepseek/u],
  ["Grok", /(?<!\p{L})grok-?(?:\d|beta|code|vision)/u],
  ["Command", /(?<!\p{L})command-(?:r|a)(?!\p{L})/u],
  ["Phi", /(?<!\p{L})phi-?\d/u],
  ["Nova", /(?<!\p{L})nova-(?:micro|lite|pro|premier)/u],
  ["GLM", /(?<!\p{L})(?:chat)?glm-?\d/u],
  ["Kimi", /(?<!\p{L})(?:kimi|moonshot)-/u],
  ["OLMo", /(?<!\p{L})olmo/u],
  ["Granite", /(?<!\p{L})granite-?\d/u],
  ["Jamba", /(?<!\p{L})jamba/u],
];

/** Characters of a name that are read. */
const LONGEST = 200;

/**
 * The families of a model, as its name says: several where one was made from another. A name that says nothing has none, and is not guessed.
 *
 * @example familiesOf("anthropic/claude-3-5-haiku-latest") // => ["Claude"]
 * @example familiesOf("DeepSeek-R1-Distill-Qwen-7B") // => ["Qwen", "DeepSeek"]
 * @example familiesOf("my-finetune") // => []
 */
export function familiesOf(model: string): readonly string[] {
  const name = model.slice(0, LONGEST).toLowerCase();
  return families.filter(([, mark]) => mark.test(name)).map(([family]) => family);
}
