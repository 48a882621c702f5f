import type { ToolCall } from "#src/backends/backend";
import { didYouMean } from "#src/kernel/errors";

type Schema = Readonly<Record<string, unknown>>;

/**
 * A call whose arguments were not a JSON object, mended where the tool's parameters tell what was meant: a text, number or list that stands
 * alone is the first parameter, where that may be one. All else stays an error for the model to read.
 *
 * @param parameters JSON Schema of the tool
 */
export function mendCall(call: ToolCall, parameters: Schema): ToolCall {
  const { parseError, argumentsText, ...rest } = call;
  if (parseError === undefined || argumentsText === undefined) return call;
  const [first] = Object.entries(propertiesOf(parameters) ?? {});
  if (!first) return { ...rest, parseError };
  const [name, schema] = first;
  const value = [parsed(argumentsText), argumentsText.trim()].find((each) => allows(schema, each));
  return value === undefined ? { ...rest, parseError } : { ...rest, arguments: { [name]: value } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a value alone could be what a schema asks for, by its type. */
function allows(schema: unknown, value: unknown): boolean {
  if (value === undefined || value === null || typeof schema !== "object" || schema === null) return false;
  const { type, anyOf, enum: words, const: only } = schema as Schema;
  if (Array.isArray(words)) return words.includes(value);
  if (only !== undefined) return only === value;
  if (Array.isArray(anyOf)) return anyOf.some((each) => allows(each, value));
  const own = Array.isArray(value) ? "array" : typeof value;
  const types = [type ?? own].flat();
  return types.includes(own) || (own === "number" && Number.isInteger(value) && types.includes("integer"));
}

/**
 * The first argument that a tool has no parameter for, as a sentence. Only objects that say which members they have, and do not allow others
 * here or in a schema that they refer to, refuse any.
 *
 * @example surplus({ town: 1, twn: 2 }, { properties: { town: {} } }) // => "there is no argument \"twn\". Did you mean \"town\"?"
 */
export function surplus(given: unknown, schema: unknown, path = ""): string | undefined {
  if (typeof given !== "object" || given === null || typeof schema !== "object" || schema === null) return undefined;
  const { items, additionalProperties } = schema as Schema;
  if (Array.isArray(given)) return firstOf(given.map((each, i) => () => surplus(each, items, `${path}[${i}]`)));
  const properties = propertiesOf(schema as Schema);
  if (!properties) return undefined;
  const isOpen =
    (additionalProperties !== undefined && additionalProperties !== false) ||
    MORE_MEMBERS.some((word) => word in schema);
  return firstOf(
    Object.entries(given).map(([name, value]) => () => {
      const at = path === "" ? name : `${path}.${name}`;
      if (Object.hasOwn(properties, name)) return surplus(value, properties[name], at);
      return isOpen
        ? undefined
        : `there is no argument ${JSON.stringify(at)}. ${didYouMean(name, Object.keys(properties))}`;
    }),
  );
}

/** Keywords of JSON Schema by which an object may have members that its `properties` do not name. */
const MORE_MEMBERS = [
  "patternProperties",
  "unevaluatedProperties",
  "allOf",
  "anyOf",
  "oneOf",
  "$ref",
  "if",
  "dependentSchemas",
];

const propertiesOf = ({ properties }: Schema): Schema | undefined =>
  typeof properties === "object" && properties !== null ? (properties as Schema) : undefined;

function firstOf<T>(tries: readonly (() => T | undefined)[]): T | undefined {
  for (const each of tries) {
    const found = each();
    if (found !== undefined) return found;
  }
  return undefined;
}
