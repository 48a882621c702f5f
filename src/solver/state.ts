import {
  addUsage,
  type Message,
  type Reply,
  type ToolCall,
  type ToolChoice,
  type ToolDefinition,
  type Usage,
} from "#src/backends/backend";
import { type Sample, type SampleMessage, toSample } from "#src/dataset/sample";
import { ConfigError } from "#src/kernel/errors";
import { Choices } from "./choices.ts";
import { checkLimits, type LimitReached, limitPassed, SpendLedger, type Spent } from "./ledger.ts";

/** What a tool's function may look at. */
export interface ToolContext {
  readonly toolCallId: string;
  readonly state: TaskState;
  readonly signal?: AbortSignal | undefined;
}

/** A function that a model may call. */
export interface Tool extends ToolDefinition {
  /** Checks the arguments and calls the function. Never rejects but for an abort: what goes wrong is an error for the model to read. */
  run(call: ToolCall, context: ToolContext): Promise<ToolResult>;
  /** Whether its first call without an error ends `generate`, and what it gives is the answer. */
  readonly ends?: boolean | undefined;
}

export type ToolResult =
  | { readonly content: string; readonly error?: undefined }
  | { readonly content: string; readonly error: string };

/** All that a state holds. */
export interface TaskStateFields {
  readonly model: string | undefined;
  readonly sampleId: string;
  /** Which repeat of the sample this is, from 1. */
  readonly epoch: number;
  /** Which branch of a fork this is; empty on the trunk. */
  readonly branch: string;
  /** The sample's own input; never changes. */
  readonly input: string | readonly SampleMessage[];
  readonly messages: readonly Message[];
  /** Right answers; any will do. */
  readonly target: readonly string[];
  readonly choices: Choices;
  /** The last reply; absent before the first. */
  readonly output: Reply | undefined;
  /** Messages that the whole conversation may have. */
  readonly messageLimit: number | undefined;
  /** Tokens that all calls together may use. */
  readonly tokenLimit: number | undefined;
  /** Amount that all calls together may cost. */
  readonly costLimit: number | undefined;
  /** Set to stop the chain after the step at hand. */
  readonly completed: boolean;
  readonly limit: LimitReached | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** What solvers leave for one another. */
  readonly store: Readonly<Record<string, unknown>>;
  readonly scores: Readonly<Record<string, unknown>>;
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | undefined;
  /** Tokens of all calls so far, those of lost branches included; absent when no call reported them. */
  readonly usage: Usage | undefined;
  /** Amount of all calls so far; absent when no call had a price. */
  readonly cost: number | undefined;
}

/** Fields of a state, each with what it shall be. */
type Changes = { readonly [K in keyof TaskStateFields]?: TaskStateFields[K] };

/** What `TaskState.from` takes: a sample, and any field of the state beside it. */
export type TaskStateInput = {
  readonly [K in keyof Omit<TaskStateFields, "choices" | "target" | "sampleId">]?: TaskStateFields[K];
} & {
  readonly id?: string | number | undefined;
  readonly input: string | readonly SampleMessage[];
  readonly target?: string | number | readonly string[] | undefined;
  readonly choices?: readonly string[] | undefined;
};

/**
 * One sample on its way through solvers: immutable, with a verb for every change.
 *
 * @example TaskState.from({ id: "q1", input: "2 + 2?" }).addMessage({ role: "assistant", content: "4" }).messages.length // => 2
 */
export class TaskState implements TaskStateFields {
  declare readonly model: TaskStateFields["model"];
  declare readonly sampleId: TaskStateFields["sampleId"];
  declare readonly epoch: TaskStateFields["epoch"];
  declare readonly branch: TaskStateFields["branch"];
  declare readonly input: TaskStateFields["input"];
  declare readonly messages: TaskStateFields["messages"];
  declare readonly target: TaskStateFields["target"];
  declare readonly choices: TaskStateFields["choices"];
  declare readonly output: TaskStateFields["output"];
  declare readonly messageLimit: TaskStateFields["messageLimit"];
  declare readonly tokenLimit: TaskStateFields["tokenLimit"];
  declare readonly costLimit: TaskStateFields["costLimit"];
  declare readonly completed: TaskStateFields["completed"];
  declare readonly limit: TaskStateFields["limit"];
  declare readonly metadata: TaskStateFields["metadata"];
  declare readonly store: TaskStateFields["store"];
  declare readonly scores: TaskStateFields["scores"];
  declare readonly tools: TaskStateFields["tools"];
  declare readonly toolChoice: TaskStateFields["toolChoice"];
  declare readonly usage: TaskStateFields["usage"];
  declare readonly cost: TaskStateFields["cost"];

  readonly #ledger: SpendLedger | undefined;

  /** One assignment after the other: all states have one hidden class, and copies on the way to them would cost more than the states. */
  private constructor(fields: TaskStateFields, changes: Changes, ledger: SpendLedger | undefined) {
    this.#ledger = ledger;
    this.model = fields.model;
    this.sampleId = fields.sampleId;
    this.epoch = fields.epoch;
    this.branch = fields.branch;
    this.input = fields.input;
    this.messages = fields.messages;
    this.target = fields.target;
    this.choices = fields.choices;
    this.output = fields.output;
    this.messageLimit = fields.messageLimit;
    this.tokenLimit = fields.tokenLimit;
    this.costLimit = fields.costLimit;
    this.completed = fields.completed;
    this.limit = fields.limit;
    this.metadata = fields.metadata;
    this.store = fields.store;
    this.scores = fields.scores;
    this.tools = fields.tools;
    this.toolChoice = fields.toolChoice;
    this.usage = fields.usage;
    this.cost = fields.cost;
    Object.assign(this, changes);
    checkLimits(this);
    Object.freeze(this);
  }

  /** A fresh state; its conversation begins with the input. Without an id the sample is named by its content. */
  static from(input: TaskStateInput | Sample): TaskState {
    const { id, input: question, target, choices, metadata = {}, ...more } = input as TaskStateInput;
    return TaskState.ofSample(toSample({ id, input: question, target, choices, metadata }), more);
  }

  /**
   * The same for what `toSample` made of a row, whose target stands as a label: read a second time, it could be the text of another choice.
   *
   * @param more fields of the state beside the sample
   * @example TaskState.ofSample(toSample({ input: "Which is second?", choices: ["B", "A"], target: 0 })).target // => ["A"]
   */
  static ofSample({ id, input, target, choices = [], metadata }: Sample, more: Changes = {}): TaskState {
    const messages: readonly Message[] = typeof input === "string" ? [{ role: "user", content: input }] : input;
    const ofSample: Changes = { messages, sampleId: id, input, target, choices: Choices.of(choices), metadata };
    return new TaskState(blank, Object.assign(ofSample, more), undefined);
  }

  /** The input as text: itself, or the text of its last user message. */
  get inputText(): string {
    return typeof this.input === "string" ? this.input : lastUserMessage(this.input, this.sampleId).content;
  }

  /** The last user message of the conversation. */
  get userPrompt(): Message {
    return lastUserMessage(this.messages, this.sampleId);
  }

  /** The same state with some fields changed. */
  with(changes: Changes): TaskState {
    return new TaskState(this, changes, this.#ledger);
  }

  /** The same state, whose token and cost limits hold for all states that come of it together: branches of forks, and whatever is dropped. */
  sharingLimits(): TaskState {
    return this.#ledger ? this : new TaskState(this, {}, new SpendLedger(this));
  }

  addMessage(message: Message): TaskState {
    return this.addMessages([message]);
  }

  /** Adds messages up to the message limit; one more than that completes the state instead. */
  addMessages(messages: readonly Message[]): TaskState {
    const { messageLimit } = this;
    const room = messageLimit === undefined ? messages.length : Math.max(0, messageLimit - this.messages.length);
    const added = this.with({ messages: [...this.messages, ...messages.slice(0, room)] });
    if (messageLimit === undefined || messages.length <= room) return added;
    return added.reachLimit({ type: "message", limit: messageLimit, value: this.messages.length + messages.length });
  }

  setMessages(messages: readonly Message[]): TaskState {
    return this.with({ messages });
  }

  /** Replaces the text of the last user message. */
  setUserPrompt(content: string): TaskState {
    const prompt = this.userPrompt;
    return this.with({
      messages: this.messages.map((message) => (message === prompt ? { role: "user", content } : message)),
    });
  }

  setOutput(output: Reply): TaskState {
    return this.with({ output });
  }

  /** Stops the chain after the step at hand. */
  complete(): TaskState {
    return this.with({ completed: true });
  }

  /** Completes the state because of a limit. */
  reachLimit(limit: LimitReached): TaskState {
    return this.with({ completed: true, limit });
  }

  /** Sets limits; one that is passed already completes the state. @throws ConfigError for a negative one */
  setLimits(limits: Partial<Pick<TaskStateFields, "messageLimit" | "tokenLimit" | "costLimit">>): TaskState {
    const limited = this.with(limits);
    const { messageLimit, messages } = limited;
    if (messageLimit !== undefined && messages.length > messageLimit)
      return limited.reachLimit({ type: "message", limit: messageLimit, value: messages.length });
    return limited.keepLimits();
  }

  setTools(tools: readonly Tool[], toolChoice: ToolChoice | undefined = this.toolChoice): TaskState {
    const twice = tools.find(({ name }, i) => tools.findIndex((other) => other.name === name) < i);
    if (twice)
      throw new ConfigError("tools", "must each have a name of their own", twice.name, "Rename one of the two");
    return this.with({ tools, toolChoice });
  }

  setToolChoice(toolChoice: ToolChoice | undefined): TaskState {
    return this.with({ toolChoice });
  }

  setChoices(choices: Choices): TaskState {
    return this.with({ choices });
  }

  setMetadata(metadata: Readonly<Record<string, unknown>>): TaskState {
    return this.with({ metadata: { ...this.metadata, ...metadata } });
  }

  /** Leaves a value for later solvers. */
  put(key: string, value: unknown): TaskState {
    return this.with({ store: { ...this.store, [key]: value } });
  }

  /**
   * Leaves a score: a value or a whole score. In an experiment it is a metric of that name; beside a scorer of the same name it is
   * numbered.
   */
  setScore(name: string, score: unknown): TaskState {
    return this.with({ scores: { ...this.scores, [name]: score } });
  }

  /** Adds what a call used and cost, without adding its message. Completes the state where that passes a limit. */
  spend(call: Spent): TaskState {
    this.#ledger?.add(call);
    return this.account(call).keepLimits();
  }

  /** Adds what calls used and cost that were made by other states, which spent it. */
  account({ usage, cost }: Spent): TaskState {
    return this.with({
      usage: addUsage(this.usage, usage),
      cost: cost === undefined ? this.cost : (this.cost ?? 0) + cost,
    });
  }

  /** Completes the state where all calls together passed a limit. */
  keepLimits(): TaskState {
    const passed = limitPassed(this.#ledger ?? this, this);
    return passed ? this.reachLimit(passed) : this;
  }

  /**
   * Makes a call when there is room for it beside those that other branches have under way.
   *
   * @param call asks and spends
   * @returns what it gives, or this state completed where a limit was passed meanwhile
   */
  async takeTurn(call: () => Promise<TaskState>, signal?: AbortSignal): Promise<TaskState> {
    const ledger = this.#ledger;
    if (!ledger || (this.tokenLimit === undefined && this.costLimit === undefined)) return call();
    await ledger.enter(this);
    try {
      signal?.throwIfAborted();
      const at = this.keepLimits();
      return at.completed ? at : await call();
    } finally {
      ledger.leave();
    }
  }

  /** Plain data, for logs: tools by name. */
  toJSON(): Readonly<Record<keyof TaskStateFields, unknown>> {
    return { ...(this as TaskStateFields), tools: this.tools.map(({ name }) => name) };
  }
}

/** What a state has before its sample. */
const blank: TaskStateFields = {
  model: undefined,
  sampleId: "",
  epoch: 1,
  branch: "",
  input: "",
  messages: [],
  target: [],
  choices: Choices.of([]),
  output: undefined,
  messageLimit: undefined,
  tokenLimit: undefined,
  costLimit: undefined,
  completed: false,
  limit: undefined,
  metadata: {},
  store: {},
  scores: {},
  tools: [],
  toolChoice: undefined,
  usage: undefined,
  cost: undefined,
};

function lastUserMessage<M extends Message | SampleMessage>(messages: readonly M[], sampleId: string): M {
  const found = messages.findLast(({ role }) => role === "user");
  if (!found) throw new ConfigError(`sample ${JSON.stringify(sampleId)}`, "must have a user message");
  return found;
}
