import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { inspectPlaces, isInspectPlace } from "#src/app/run-options";
import { parseText, type SettingsInput, settingsOptions } from "#src/app/setting-options";
import { flagOf } from "#src/experiment/flags";
import { limitOptions } from "#src/experiment/limits";
import { ConfigError } from "#src/kernel/errors";

/** What commander made of the flags. */
export type Flags = Readonly<Record<string, unknown>>;

/** Settings that are said in another way: `--yes`. */
const hidden = new Set(["confirm"]);

/** Settings that are flags without a value. */
const switches = new Set(["dryRun", "failFast"]);

const attributeOf = (name: string): string => new Option(`--${flagOf(name)} <value>`).attributeName();

/** Adds one flag for every option of the settings, its help taken from the option's own sentence. */
export function addSettings(command: Command, only?: readonly string[]): Command {
  for (const [name, schema] of Object.entries(settingsOptions.shape)) {
    if (hidden.has(name) || (only && !only.includes(name))) continue;
    const isSwitch = switches.has(name);
    const option = new Option(isSwitch ? `--${flagOf(name)}` : `--${flagOf(name)} <value>`, schema.description ?? "");
    if (!isSwitch) option.argParser((text: string) => parseSetting(name, text));
    command.addOption(option);
  }
  return command;
}

function parseSetting(name: string, text: string): unknown {
  try {
    return parseText(name, text, `--${flagOf(name)}`);
  } catch (error) {
    if (error instanceof ConfigError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

/** The settings among parsed flags. */
export function settingsFrom(flags: Readonly<Record<string, unknown>>): SettingsInput {
  const settings: Record<string, unknown> = {};
  for (const name of Object.keys(settingsOptions.shape)) {
    const value = flags[attributeOf(name)];
    if (value !== undefined) settings[name] = value;
  }
  return settings as SettingsInput;
}

/** Collects `-T key=value`. */
export function collectParameter(text: string, earlier: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("A parameter is written key=value.");
  const name = text.slice(0, at);
  if (Object.hasOwn(earlier, name)) throw new InvalidArgumentError(`The parameter ${name} is given twice.`);
  return { ...earlier, [name]: text.slice(at + 1) };
}

/** Collects `--weight name=number`; a name may hold `=`. */
export function collectWeight(text: string, earlier: Readonly<Record<string, number>> = {}): Record<string, number> {
  const at = text.lastIndexOf("=");
  const weight = at < 1 ? Number.NaN : Number(text.slice(at + 1) || Number.NaN);
  if (!(weight >= 0 && Number.isFinite(weight)))
    throw new InvalidArgumentError("A weight is written name=number, and the number is at least 0.");
  const name = text.slice(0, at);
  if (Object.hasOwn(earlier, name)) throw new InvalidArgumentError(`The weight of ${name} is given twice.`);
  return { ...earlier, [name]: weight };
}

/** Adds the flag for documents of crucible_ir. */
export const addRegistry = (command: Command): Command =>
  command.option("--registry <path>", "file with the code behind the names of an experiment in crucible_ir's JSON");

/** The parameters of an experiment file; the registry of a document is one of them. */
export function parametersFrom(file: string, flags: Flags): Readonly<Record<string, string>> {
  const given = (flags.T as Record<string, string> | undefined) ?? {};
  const { registry } = flags;
  if (typeof registry !== "string") return given;
  if (!file.endsWith(".json")) throw new ConfigError("--registry", "is for documents of crucible_ir (.json)", file);
  return { ...given, registry: resolve(registry) };
}

/** Adds the limits that may change while a run is active. */
export function addLimits(command: Command): Command {
  for (const [name, schema] of Object.entries(limitOptions.shape)) {
    const text = `${schema.description}${schema.safeParse(null).success ? ", or none" : ""}`;
    const parse = (given: string): unknown =>
      given === "none" && schema.safeParse(null).success ? given : parseSetting(name, given);
    command.addOption(new Option(`--${flagOf(name)} <value>`, text).argParser(parse));
  }
  return command;
}

/** A flag's whole number, from 0. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

/** A flag's whole number of at least 1. */
export function positiveWhole(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError("It must be a whole number of at least 1.");
  return value;
}

/** A flag's port of this machine. */
export function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port > 65_535) throw new InvalidArgumentError("It must be a port from 0 to 65535.");
  return port;
}

/** Where a run is shown. */
export function inspectPlace(text: string): string {
  if (!isInspectPlace(text)) throw new InvalidArgumentError(`It must be ${inspectPlaces}.`);
  return text;
}

/** A flag's number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError("It must be a number above 0.");
  return value;
}
