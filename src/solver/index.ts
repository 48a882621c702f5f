/** Solvers: what one task does, with or without an experiment around it. */
export type {
  Backend,
  FinishReason,
  GenerateConfig,
  GenerateResult,
  Message,
  Reply,
  ToolCall,
  ToolChoice,
  ToolDefinition,
  Usage,
} from "#src/backends/backend";
export { answerIn, backendOf } from "#src/backends/backend";
export type { SampleFields } from "#src/dataset/options";
export { type Sample, type SampleMessage, toSample } from "#src/dataset/sample";
export type { JsonSchema, SchemaInput, SchemaOutput, StandardSchema } from "#src/schema/schema";
export { basicAgent } from "./agent.ts";
export { chain, type Steps } from "./chain.ts";
export { multipleChoice } from "./choice.ts";
export { type Choice, Choices } from "./choices.ts";
export { selfCritique } from "./critique.ts";
export { type Description, described, describePart } from "./describe.ts";
export { type FinishOptions, withFinish } from "./finish.ts";
export { fork, join } from "./fork.ts";
export { askModel, type GenerateOptions, generate } from "./generate.ts";
export { givenAnswer } from "./given-answer.ts";
export type { LimitReached } from "./ledger.ts";
export { type McpClient, mcpTools } from "./mcp.ts";
export { type MockFunction, type MockToolsOptions, mockTools, type ToolMock } from "./mock-tools.ts";
export { type Plan, type PlanOptions, type PlanStep, planOrder, planToChain, type StepMeta } from "./plan.ts";
export { assistantMessage, chainOfThought, promptTemplate, systemMessage, userMessage } from "./prompt.ts";
export { type Generate, generateWith, type Solver, type SolverContext } from "./solver.ts";
export {
  TaskState,
  type TaskStateFields,
  type TaskStateInput,
  type Tool,
  type ToolContext,
  type ToolResult,
} from "./state.ts";
export { fillTemplate } from "./template.ts";
export { submitTool, tool, useTools } from "./tool.ts";
export { ballotOf, type VoteOptions, vote } from "./vote.ts";
