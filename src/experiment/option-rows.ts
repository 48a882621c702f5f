import { z } from "zod";

/** One option, as a reference shows it. */
export interface OptionRow {
  /** Where it stands: `config.errorHandling.maxRetries`; `[]` stands for each member of a list, `*` for each name of a record. */
  readonly path: string;
  /** What it takes: `number from 0`, `"score" or "unscored"`. */
  readonly type: string;
  /** As it is written in code; absent where the option has no default. */
  readonly default?: string;
  readonly required: boolean;
  /** What it does, with its unit. */
  readonly sentence: string;
}

/**
 * Every option of a schema with those below it, in the order in which they are declared.
 *
 * @example optionRows(z.strictObject({ a: z.number().min(1).default(2).describe("tries") })) // => [{ path: "a", type: "number from 1", default: "2", required: false, sentence: "tries" }]
 */
export function optionRows(schema: z.ZodType): readonly OptionRow[] {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" }) as Node;
  return new Rows(json.$defs ?? {}).below("", json);
}

/** What is read of a JSON Schema (draft 2020-12). */
interface Node {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Node>>;
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly prefixItems?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

class Rows {
  readonly #named: Readonly<Record<string, Node>>;

  constructor(named: Readonly<Record<string, Node>>) {
    this.#named = named;
  }

  /** @param inside names of the schemas that this one stands in: one that holds itself is shown once */
  below(path: string, given: Node, inside: readonly string[] = []): OptionRow[] {
    const name = given.$ref?.split("/").at(-1);
    if (name !== undefined)
      return inside.includes(name) ? [] : this.below(path, this.#named[name] ?? {}, [...inside, name]);
    const members = Object.entries(given.properties ?? {}).flatMap(([member, node]) =>
      this.#rows(path === "" ? member : `${path}.${member}`, node, given.required?.includes(member) ?? false, inside),
    );
    const { additionalProperties: each, items, anyOf, oneOf } = given;
    return [
      ...members,
      ...(typeof each === "object" ? this.below(`${path}.*`, each, inside) : []),
      ...(items ? this.below(`${path}[]`, items, inside) : []),
      ...(anyOf ?? oneOf ?? []).flatMap((one) => this.below(path, one, inside)),
    ];
  }

  #rows(path: string, node: Node, required: boolean, inside: readonly string[]): OptionRow[] {
    const rows = this.below(path, node, inside);
    const isGroup = node.default !== undefined && rows.length > 0;
    const own: OptionRow = {
      path,
      type: typeOf(node),
      ...(node.default === undefined || isGroup ? {} : { default: JSON.stringify(node.default) }),
      required,
      sentence: node.description ?? "",
    };
    return [own, ...rows];
  }
}

function typeOf(node: Node): string {
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum) return either(node.enum.map((value) => JSON.stringify(value)));
  const choices = node.anyOf ?? node.oneOf;
  if (choices) return either([...new Set(choices.map(typeOf))]);
  if (node.prefixItems) return `[${node.prefixItems.map(typeOf).join(", ")}]`;
  switch (node.type) {
    case "integer":
    case "number":
      return `${node.type === "integer" ? "whole number" : "number"}${range(node)}`;
    case "array":
      return node.items?.properties || !node.items ? "list" : `list of ${typeOf(node.items)}`;
    case "string":
      return "text";
    case "object":
      return "object";
    case "boolean":
      return "true or false";
    case "null":
      return "null";
    default:
      return "value";
  }
}

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Node): string {
  const isSafe = (bound: number | undefined): bound is number =>
    bound !== undefined && Math.abs(bound) !== Number.MAX_SAFE_INTEGER;
  return [
    isSafe(minimum) ? ` from ${minimum}` : "",
    isSafe(exclusiveMinimum) ? ` above ${exclusiveMinimum}` : "",
    isSafe(maximum) ? ` to ${maximum}` : "",
    isSafe(exclusiveMaximum) ? ` below ${exclusiveMaximum}` : "",
  ].join("");
}

const either = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? "value") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
