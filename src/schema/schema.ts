import { createRequire } from "node:module";
import type { Ajv, CodeOptions, ErrorObject } from "ajv";
import { z } from "zod";
import { canonicalJson } from "#src/kernel/digest";
import { ConfigError } from "#src/kernel/errors";
import { linearRegExp } from "./linear-regexp.ts";

/** JSON Schema as plain data: draft 2020-12, or 07 where its `$schema` says so. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a value must look like: any schema of the Standard Schema interface (zod, valibot, arktype, ...), or JSON Schema. */
export type SchemaInput = StandardSchema | JsonSchema;

/** As `SchemaInput`, with the JSON Schemas `true` and `false`. */
export type JsonSchemaInput = z.ZodType | SchemaInput | boolean;

/** What a schema makes of a value; of JSON Schema, which has no types, an object of unknown members. */
export type SchemaOutput<S> = S extends { readonly "~standard": { readonly types?: infer T } }
  ? NonNullable<T> extends { readonly output: infer Output }
    ? Output
    : unknown
  : JsonSchema;

/** The part of Standard Schema (version 1) and Standard JSON Schema that is used: https://standardschema.dev. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor?: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    /** JSON Schema of what `validate` takes; it throws for what JSON Schema cannot say. */
    readonly jsonSchema?: {
      readonly input: (options: { readonly target: "draft-2020-12" }) => Readonly<Record<string, unknown>>;
    };
  };
}
type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[];
    };

/** One thing that is wrong with a value. */
export interface SchemaIssue {
  /** From the value down to what is wrong. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What a schema makes of a value, or what is wrong with it: at least one issue. */
export type Reading = { readonly value: unknown } | { readonly issues: readonly [SchemaIssue, ...SchemaIssue[]] };

/** Reads a value by a schema, at once where the schema does. Throws or rejects where the schema itself throws. */
export type SchemaReader = (value: unknown) => Reading | Promise<Reading>;

/** Says what is wrong with a value, `/price must be number`; nothing where it fits. */
export type JsonCheck = (value: unknown) => Promise<string | undefined>;

/** Schemas without `$schema` are of draft 2020-12. */
const draft07 = /^https?:\/\/json-schema\.org\/draft-0[67]\//;
const load = createRequire(import.meta.url);
const compiled = new Map<string, SchemaReader>();
const MOST_COMPILED = 1000;

/**
 * Makes a reader of a schema. JSON Schema only checks: the value stays what it is, without the defaults.
 *
 * @param path where the schema stands, for the sentence of a fault
 * @throws ConfigError for what is not a schema, and for JSON Schema that is invalid, or has unknown keywords or formats
 * @example await schemaReader({ type: "number" }, "schema")("1") // => { issues: [{ path: [], message: "must be number" }] }
 */
export function schemaReader(schema: SchemaInput, path: string): SchemaReader {
  if (typeof schema === "boolean") throw noSchema(schema, path); // it would accept everything, or nothing
  return readerOf(schema, path, false);
}

function readerOf(schema: JsonSchemaInput, path: string, isData: boolean): SchemaReader {
  if (isStandard(schema)) return (value) => readStandard(schema, value);
  if (typeof schema !== "boolean" && !isPlain(schema)) throw noSchema(schema, path);
  const key = canonicalJson({ schema, isData });
  const known = compiled.get(key);
  if (known) return known;
  const made = compile(schema, path, isData);
  if (compiled.size >= MOST_COMPILED) compiled.clear();
  compiled.set(key, made);
  return made;
}

/**
 * As `schemaReader`, of which only the first issue is told; the JSON Schemas `true` and `false` count.
 *
 * @param isData whether it stands in data: its patterns then take linear time, and have no lookaround
 */
export function jsonCheck(schema: JsonSchemaInput, path: string, isData = false): JsonCheck {
  const read = readerOf(schema, path, isData);
  return async (value) => {
    const reading = await read(value);
    if (!("issues" in reading)) return undefined;
    const [{ path: steps, message }] = reading.issues;
    const place = steps.map((step) => `/${String(step)}`).join("") || "the value";
    return `${place}${message.startsWith("must ") ? "" : ":"} ${message}`;
  };
}

/** What is wrong with a schema, as the law of an option; nothing where it can be read by. */
export function schemaFault(schema: unknown): string | undefined {
  try {
    schemaReader(schema as SchemaInput, "");
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.suggestion ? `${error.law} (${error.suggestion})` : error.law;
  }
}

function noSchema(given: unknown, path: string): ConfigError {
  const isOldZod = typeof given === "object" && given !== null && "_def" in given;
  return new ConfigError(
    path,
    "must be a JSON Schema, a zod schema or another Standard Schema",
    given,
    isOldZod ? "Those of zod are from version 3.24 on" : undefined,
  );
}

const isPlain = (value: unknown): value is JsonSchema =>
  typeof value === "object" &&
  value !== null &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);

const isStandard = (schema: unknown): schema is StandardSchema =>
  ((typeof schema === "object" && schema !== null) || typeof schema === "function") &&
  typeof (schema as Partial<StandardSchema>)["~standard"]?.validate === "function";

/** From any copy of zod 4. */
const isZod = (schema: SchemaInput): schema is z.ZodType => "_zod" in schema;

function readStandard(schema: StandardSchema, value: unknown): Reading | Promise<Reading> {
  const result = schema["~standard"].validate(value);
  return "then" in result ? result.then(readingOf) : readingOf(result);
}

function readingOf(result: StandardResult<unknown>): Reading {
  if (!result.issues) return { value: result.value };
  const [first = { message: "does not fit" }, ...others] = Array.from(result.issues);
  const own = ({ message, path = [] }: typeof first & { path?: (typeof result.issues)[number]["path"] }) => ({
    message,
    path: path.map((step) => (typeof step === "object" ? step.key : step)),
  });
  return { issues: [own(first), ...others.map(own)] };
}

/** Loaded where a JSON Schema is first used: it takes as long to load as the rest of the scorers. */
function compile(schema: JsonSchema | boolean, path: string, isData: boolean): SchemaReader {
  const draft = typeof schema === "object" && typeof schema.$schema === "string" ? schema.$schema : "";
  const { default: Validator } = load(draft07.test(draft) ? "ajv" : "ajv/dist/2020") as { default: typeof Ajv };
  const { default: addFormats } = load("ajv-formats") as { default: (ajv: Ajv) => unknown };
  const ajv = new Validator({
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    allowUnionTypes: true,
    logger: false,
    ...(isData ? { code: { regExp: linearFor(path) } } : {}),
  });
  addFormats(ajv);
  let validate: ReturnType<Ajv["compile"]>;
  try {
    validate = ajv.compile(schema);
  } catch (thrown) {
    throw new ConfigError(path, `must be a valid JSON Schema: ${(thrown as Error).message}`);
  }
  if ("$async" in validate) throw new ConfigError(path, "must be a valid JSON Schema: $async is not of JSON Schema");
  return (value) => (validate(value) ? { value } : { issues: [issueOf(validate.errors?.[0])] });
}

function issueOf(error: ErrorObject | undefined): SchemaIssue {
  const { instancePath = "", message = "does not fit", params = {} } = error ?? {};
  const path = instancePath.split("/").slice(1);
  const { allowedValues } = params as { readonly allowedValues?: readonly unknown[] };
  return {
    path: path.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~")),
    message: allowedValues ? `must be one of ${allowedValues.map((each) => JSON.stringify(each)).join(", ")}` : message,
  };
}

/** Patterns of a schema, as Ajv wants them. */
const linearFor = (path: string): Required<CodeOptions>["regExp"] =>
  Object.assign(
    (pattern: string) => {
      const { source, test } = linearRegExp(pattern, path);
      return { test, toString: () => source } as unknown as ReturnType<Required<CodeOptions>["regExp"]>;
    },
    { code: "linearRegExp" },
  );

/**
 * JSON Schema of what a schema takes, as a model is sent it: of zod 4, of JSON Schema itself, of schemas of the Standard JSON Schema interface
 * (arktype, zod, valibot by `toStandardJsonSchema`), and of those with a `toJsonSchema()`.
 *
 * @param path where the schema stands, for the sentence of a fault
 * @throws ConfigError for a schema that has none
 * @example jsonSchemaOf(z.object({ a: z.number() }), "tool.parameters").required // => ["a"]
 */
export function jsonSchemaOf(schema: SchemaInput, path: string): JsonSchema {
  if (!isStandard(schema)) return schema;
  const hint = "Give the JSON Schema that models are sent as jsonSchema";
  let made: unknown;
  try {
    made = isZod(schema) ? z.toJSONSchema(schema, { io: "input" }) : ownJsonSchema(schema);
  } catch (thrown) {
    throw new ConfigError(path, `cannot be said as JSON Schema (${(thrown as Error).message})`, undefined, hint);
  }
  if (isPlain(made)) return made;
  const { vendor } = schema["~standard"];
  const isValibot = vendor === "valibot" ? ", or wrap it in toStandardJsonSchema() of @valibot/to-json-schema" : "";
  throw new ConfigError(
    path,
    `must have a JSON Schema, and this one of ${vendor ?? "an unknown library"} has none`,
    undefined,
    `${hint}${isValibot}`,
  );
}

const ownJsonSchema = (schema: StandardSchema): unknown => {
  const { jsonSchema } = schema["~standard"];
  if (jsonSchema) return jsonSchema.input({ target: "draft-2020-12" });
  const { toJsonSchema } = schema as { toJsonSchema?: () => unknown };
  return typeof toJsonSchema === "function" ? toJsonSchema.call(schema) : undefined;
};

/** Of which kind a schema is, for the description of an experiment. */
export const schemaKind = (schema: SchemaInput): "zod" | "standard" | "json" =>
  isStandard(schema) ? (isZod(schema) ? "zod" : "standard") : "json";

/** A schema as plain JSON, for the description of a scorer. */
export const describeSchema = (schema: JsonSchemaInput): unknown =>
  schema instanceof z.ZodType
    ? z.toJSONSchema(schema, { unrepresentable: "any" })
    : isStandard(schema)
      ? "a Standard Schema"
      : schema;
