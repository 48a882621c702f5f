import { createRequire } from "node:module";
import type { Ajv, CodeOptions } from "ajv";
import { z } from "zod";
import { canonicalJson } from "#src/kernel/digest";
import { ConfigError } from "#src/kernel/errors";
import { linearRegExp } from "./linear-regexp.ts";

/** What a JSON value must look like: a JSON Schema, a zod schema, or any schema of the Standard Schema interface. */
export type JsonSchemaInput = z.ZodType | StandardSchema | Readonly<Record<string, unknown>> | boolean;

/** The part of Standard Schema (version 1) that is used: https://standardschema.dev. */
export interface StandardSchema {
  readonly "~standard": {
    readonly version: 1;
    readonly validate: (value: unknown) => StandardResult | Promise<StandardResult>;
  };
}
interface StandardResult {
  readonly issues?:
    | readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[]
    | undefined;
}

/** Says what is wrong with a value, `/price must be number`; nothing where it fits. */
export type JsonCheck = (value: unknown) => Promise<string | undefined>;

/** Schemas without `$schema` are of draft 2020-12. */
const draft07 = /^https?:\/\/json-schema\.org\/draft-0[67]\//;
const load = createRequire(import.meta.url);
const compiled = new Map<string, JsonCheck>();
const MOST_COMPILED = 1000;

/**
 * Makes a check of a schema.
 *
 * @param path where the schema stands, for the sentence of a fault
 * @param isData whether it stands in data: its patterns then take linear time, and have no lookaround
 * @throws ConfigError for a JSON Schema that is invalid, or has unknown keywords or formats
 */
export function jsonCheck(schema: JsonSchemaInput, path: string, isData = false): JsonCheck {
  if (isStandard(schema)) return (value) => standardProblem(schema, value);
  if (typeof schema !== "boolean" && (typeof schema !== "object" || schema === null || Array.isArray(schema)))
    throw new ConfigError(path, "must be a JSON Schema, a zod schema or another Standard Schema", schema);
  const key = canonicalJson({ schema, isData });
  const known = compiled.get(key);
  if (known) return known;
  const made = compile(schema, path, isData);
  if (compiled.size >= MOST_COMPILED) compiled.clear();
  compiled.set(key, made);
  return made;
}

const isStandard = (schema: unknown): schema is StandardSchema =>
  ((typeof schema === "object" && schema !== null) || typeof schema === "function") &&
  typeof (schema as Partial<StandardSchema>)["~standard"]?.validate === "function";

async function standardProblem(schema: StandardSchema, value: unknown): Promise<string | undefined> {
  const { issues } = await schema["~standard"].validate(value);
  const [first] = issues ?? [];
  if (!first) return undefined;
  const path = (first.path ?? []).map((step) => `/${String(typeof step === "object" ? step.key : step)}`).join("");
  return `${path || "the value"}: ${first.message}`;
}

/** Loaded where a JSON Schema is first used: it takes as long to load as the rest of the scorers. */
function compile(schema: Readonly<Record<string, unknown>> | boolean, path: string, isData: boolean): JsonCheck {
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
  return async (value) => {
    if (validate(value)) return undefined;
    const [first] = validate.errors ?? [];
    return `${first?.instancePath || "the value"} ${first?.message ?? "does not fit"}`;
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

/** A schema as plain JSON, for the description of an experiment. */
export const describeSchema = (schema: JsonSchemaInput): unknown =>
  schema instanceof z.ZodType
    ? z.toJSONSchema(schema, { unrepresentable: "any" })
    : isStandard(schema)
      ? "a Standard Schema"
      : schema;
