import { z } from "zod";
import { ConfigError, didYouMean, together } from "./errors.ts";

/**
 * Parses options and says all that is wrong, each in one sentence: the path of the option, the law, the value, the nearest right name.
 *
 * @param path where the options stand, "" for the top: `conditions[1]`
 * @throws ConfigError for all offences
 * @example parseOptions(z.strictObject({ repeat: z.int().min(1) }), { repeat: 2 }) // => { repeat: 2 }
 */
export function parseOptions<S extends z.ZodType>(schema: S, input: unknown, path = ""): z.output<S> {
  const parsed = schema.safeParse(input, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw together(faultsOf(schema, parsed.error.issues, path));
}

/**
 * As `parseOptions`, for what is checked further: all that is wrong, and the options with that left out, where they can be read then.
 *
 * @param fallback members that stand in where they are wrong or missing
 * @returns `faulty` the paths of what was left out
 */
export function parseWhatIsRight<S extends z.ZodType>(
  schema: S,
  input: unknown,
  fallback: Readonly<Record<string, unknown>>,
): {
  readonly faults: readonly ConfigError[];
  readonly faulty: readonly string[];
  readonly data: z.output<S> | undefined;
} {
  const parsed = schema.safeParse(input, { reportInput: true });
  if (parsed.success) return { faults: [], faulty: [], data: parsed.data };
  const { issues } = parsed.error;
  const left = issues.reduce<unknown>(
    (rest, issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.reduce<unknown>((shorter, key) => without(shorter, [...issue.path, key]), rest)
        : without(rest, issue.path),
    input,
  );
  return {
    faults: faultsOf(schema, issues, ""),
    faulty: issues.filter(({ code }) => code !== "unrecognized_keys").map(({ path }) => joinPath("", path)),
    data: schema.safeParse(typeof left === "object" ? { ...fallback, ...left } : left).data,
  };
}

/** A copy of plain objects and lists, down to the member at `path`, which it lacks. */
function without(value: unknown, [key, ...rest]: readonly PropertyKey[]): unknown {
  if (typeof value !== "object" || value === null || key === undefined) return value;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<PropertyKey, unknown>;
  if (rest.length > 0) copy[key] = without(copy[key], rest);
  else delete copy[key];
  return copy;
}

const faultsOf = (schema: z.ZodType, issues: readonly z.core.$ZodIssue[], path: string): ConfigError[] =>
  issues.flatMap((issue) => toFaults(schema, issue, path));

function toFaults(schema: z.ZodType, issue: z.core.$ZodIssue, path: string): ConfigError[] {
  const place = joinPath(path, issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path);
    return issue.keys.map(
      (unknown) =>
        new ConfigError(joinPath(place, [unknown]), "is not an option", undefined, didYouMean(unknown, known)),
    );
  }
  return [discriminatorFault(schema, issue, place) ?? toFault(issue, place)];
}

/** A member that tells which of several objects is meant: what it may be stands in the schema, not in the issue. */
function discriminatorFault(schema: z.ZodType, issue: z.core.$ZodIssue, place: string): ConfigError | undefined {
  if (issue.code !== "invalid_union" || issue.discriminator === undefined) return undefined;
  const union = schemaAt(schema, issue.path.slice(0, -1));
  if (!(union instanceof z.ZodDiscriminatedUnion)) return undefined;
  const { discriminator } = union.def;
  const names = union.options.flatMap(({ _zod }) => [...(_zod.propValues?.[discriminator] ?? [])].map(String));
  const given = (issue.input as Readonly<Record<string, unknown>> | undefined)?.[discriminator];
  const law = `must be one of ${names.map((name) => JSON.stringify(name)).join(", ")}`;
  if (given === undefined) return new ConfigError(place, "is missing", undefined, `It ${law}`);
  return new ConfigError(place, law, given, typeof given === "string" ? didYouMean(given, names) : undefined);
}

function toFault(issue: z.core.$ZodIssue, place: string): ConfigError {
  const value = "input" in issue ? issue.input : undefined;
  if (value === undefined && (issue.code === "invalid_type" || issue.code === "invalid_value")) {
    return new ConfigError(place || "the definition", "is missing", undefined, `It ${lawOf(issue)}`);
  }
  return new ConfigError(place || "the definition", lawOf(issue), value);
}

/** A path as one would write it in code.
 * @example joinPath("conditions", [1, "name"]) // => "conditions[1].name" */
export const joinPath = (base: string, path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)),
    base,
  );

function lawOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${article(issue.expected === "int" ? "whole number" : issue.expected)}`;
    case "too_small":
      return issue.origin === "string" && Number(issue.minimum) <= 1
        ? "must not be empty"
        : `must ${bound(issue.origin, issue.inclusive ? "at least" : "more than", Number(issue.minimum))}`;
    case "too_big":
      return `must ${bound(issue.origin, issue.inclusive ? "at most" : "less than", Number(issue.maximum))}`;
    case "invalid_value":
      return `must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.map((v) => JSON.stringify(v)).join(", ")}`;
    case "invalid_union":
      return `must be ${unionLaw(issue)}`;
    default:
      return issue.message.startsWith("must") ? issue.message : `is not valid (${issue.message})`;
  }
}

const bound = (origin: string, relation: string, limit: number): string =>
  origin === "array" || origin === "set" ? `have ${relation} ${limit}` : `be ${relation} ${limit}`;

const unionLaw = (issue: z.core.$ZodIssueInvalidUnion): string => {
  const laws = issue.errors.flatMap((branch) => (branch[0] ? [lawOf(branch[0]).replace(/^must (be )?/, "")] : []));
  return [...new Set(laws)].join(", or ") || "valid";
};

const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;

/** The keys that the object schema at `path` knows. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const at = objectOf(schemaAt(schema, path));
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/** The schema at `path`, a union where one stands there. */
function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  let at = unwrap(schema);
  for (const key of path) {
    at = objectOf(at);
    if (at instanceof z.ZodObject) at = unwrap(at.shape[String(key)]);
    else if (at instanceof z.ZodArray) at = unwrap(at.element);
    else if (at instanceof z.ZodRecord) at = unwrap(at.valueType);
    else return undefined;
  }
  return at;
}

/** Of a union, its first object. */
const objectOf = (schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined =>
  schema instanceof z.ZodUnion ? schema.options.map(unwrap).find((option) => option instanceof z.ZodObject) : schema;

function unwrap(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  let at = schema;
  for (;;) {
    if (at instanceof z.ZodLazy) at = at.unwrap();
    else if (
      at instanceof z.ZodOptional ||
      at instanceof z.ZodDefault ||
      at instanceof z.ZodPrefault ||
      at instanceof z.ZodNullable
    ) {
      at = at.def.innerType;
    } else return at;
  }
}
