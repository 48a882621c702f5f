/** Backends: where model calls go, and what is wrapped around them. */
export { type AiSdkModel, type AiSdkOptions, aiSdk } from "./ai-sdk.ts";
export {
  addUsage,
  answerIn,
  type Backend,
  backendOf,
  type CallContext,
  type FinishReason,
  type GenerateConfig,
  type GenerateResult,
  type Message,
  type ModelPrice,
  type Prices,
  type RateLimits,
  type RateWindow,
  type Reply,
  type ToolCall,
  type ToolChoice,
  type ToolDefinition,
  toReply,
  toToolCall,
  type Usage,
} from "./backend.ts";
export { type CachedReply, cached, type ReplyStore, replyFolder } from "./cached.ts";
export type { CassetteMode } from "./cassette.ts";
export { type EnsembleOptions, ensemble, majority } from "./ensemble.ts";
export { hedged } from "./hedged.ts";
export { type LimitedOptions, limited } from "./limited.ts";
export { type OpenaiCompatiblePlugs, openaiCompatible } from "./openai-compatible.ts";
export {
  estimateCost,
  type GenaiPricesModule,
  genaiPrices,
  type PriceTable,
  priced,
  priceTable,
} from "./prices.ts";
export { rateLimits } from "./rate-headers.ts";
export { type RecordedOptions, recorded } from "./recorded.ts";
export { type RecordableTool, type RecordedToolsOptions, recordedTools } from "./recorded-tools.ts";
export {
  type ScriptedBackend,
  type ScriptedOptions,
  type ScriptedReply,
  type ScriptedRule,
  scripted,
} from "./scripted.ts";
export { type CountTokens, countMessages, estimateTokens, tokenCounter } from "./tokens.ts";
