import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Experiment } from "#src/experiment/define";
import { fromIR } from "#src/ir/from-ir";
import type { RegistryIR } from "#src/ir/registry";
import { ConfigError, faultIn } from "#src/kernel/errors";
import { isPlainObject } from "#src/kernel/record";
import { importDefault } from "./import-default.ts";
import { inUserCode } from "./load-error.ts";

type Registry = RegistryIR | ((parameters: Readonly<Record<string, string>>) => RegistryIR | Promise<RegistryIR>);

/**
 * The experiment of a document of crucible_ir, with the registry that the parameter of this name is the path of. It is a parameter so that
 * a resumed run, a worker and a thread have the same.
 *
 * @throws ConfigError for a missing registry, and for all that is wrong in the document
 */
export async function loadDocument(
  path: string,
  file: string,
  parameters: Readonly<Record<string, string>>,
): Promise<Experiment> {
  const named = parameters.registry;
  if (named === undefined)
    throw new ConfigError(file, "names code that is not in it", undefined, "Give --registry registry.ts");
  const place = resolve(named);
  if (!existsSync(place)) throw new ConfigError(named, "must be a registry", undefined, "There is no such file");
  const exported = await inUserCode(named, "cannot be loaded", () => importDefault<Registry | undefined>(place, true));
  const registry = await inUserCode(named, "cannot be used", () =>
    typeof exported === "function" ? exported(parameters) : exported,
  );
  if (!isPlainObject(registry))
    throw new ConfigError(
      named,
      "must export a registry by default",
      registry,
      "Write `export default { backends, stages, datasets }`",
    );
  try {
    return fromIR(readFileSync(path, "utf8"), registry);
  } catch (error) {
    throw error instanceof ConfigError ? faultIn(file, error) : error;
  }
}
