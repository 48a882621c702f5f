import { z } from "zod";
import { apart, ConfigError, didYouMean, together } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import type { Experiment } from "./define.ts";
import { type OptionRow, optionRows } from "./option-rows.ts";

const schemaOf = Symbol.for("crucible-harness.parameters");

/** An experiment file's default export that declares its `-T` parameters. */
export type WithParameters<S extends z.ZodObject> = (
  given?: z.input<S> | Readonly<Record<string, string>>,
) => Promise<Experiment>;

/**
 * Declares the `-T` parameters of an experiment file once: what each takes, its default and its sentence. `-T n=3` is read as what the schema
 * wants, one that is not declared or does not fit is refused in a sentence, and `crucible options <file>` lists them.
 *
 * @param schema an object of zod: numbers, texts, booleans, choices
 * @param make the experiment, from the parameters with their defaults
 * @throws ConfigError, from the function that it returns, for all parameters that are wrong
 * @example
 * export default withParameters(z.object({ n: z.int().min(1).default(3).describe("voters") }), ({ n }) => defineExperiment({ ... }));
 */
export function withParameters<S extends z.ZodObject>(
  schema: S,
  make: (parameters: z.output<S>) => Experiment | Promise<Experiment>,
): WithParameters<S> {
  const strict = z.strictObject(schema.shape);
  const exported = async (given: object = {}) => make(parametersOf(strict, given) as z.output<S>);
  return Object.assign(exported, { [schemaOf]: strict });
}

/** The parameters that an export declares; nothing where it declares none. */
export function declaredParameters(exported: unknown): readonly OptionRow[] | undefined {
  const schema = (exported as { [schemaOf]?: z.ZodObject } | null | undefined)?.[schemaOf];
  return schema && optionRows(schema);
}

function parametersOf(schema: z.ZodObject, given: object): unknown {
  const names = Object.keys(schema.shape);
  const unknown = Object.entries(given).filter(([name]) => !names.includes(name));
  if (unknown.length > 0)
    throw together(
      unknown.map(
        ([name]) =>
          new ConfigError(`-T ${name}`, "is not a parameter of this experiment", undefined, didYouMean(name, names)),
      ),
    );
  const read = Object.entries(given).map(([name, value]) => [name, meantBy(schema.shape[name] as z.ZodType, value)]);
  try {
    return parseOptions(schema, Object.fromEntries(read), "-T");
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw together(apart(error).map(asTyped));
  }
}

/** A fault at the parameter as it is typed: `-T n`. */
const asTyped = ({ path, law, value, suggestion }: ConfigError): ConfigError =>
  new ConfigError(path.replace(/^-T\./, "-T "), law, value, suggestion);

/** What a text stands for: itself where that fits, else the number or the truth that it spells, where that does. */
function meantBy(schema: z.ZodType, value: unknown): unknown {
  if (typeof value !== "string" || schema.safeParse(value).success) return value;
  const spelt = value.trim();
  const others: unknown[] = [
    ...(spelt !== "" && Number.isFinite(Number(spelt)) ? [Number(spelt)] : []),
    ...(spelt === "true" ? [true] : spelt === "false" ? [false] : []),
  ];
  return others.find((other) => schema.safeParse(other).success) ?? others[0] ?? value;
}
