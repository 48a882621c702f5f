import type { DatasetItem } from "#src/dataset/dataset";
import type { Experiment } from "#src/experiment/define";
import type { Manifest } from "#src/experiment/manifest";
import { ConfigError } from "#src/kernel/errors";
import { holdsHidden, REDACTED } from "#src/kernel/redact";
import { hideEnvironment, secretsIn } from "#src/kernel/secrets";

type Parameters = Readonly<Record<string, string>>;

/**
 * What a manifest keeps of `-T` parameters: of a secret, the environment variable that it is read from when the run is resumed. The values
 * of secrets are hidden from now on, as are those of environment variables with such names.
 */
export function keptParameters(parameters: Parameters): Pick<Manifest, "parameters" | "secrets"> {
  hideEnvironment(process.env);
  const secrets = secretsIn(parameters, process.env);
  const kept = Object.entries(parameters).map(([name, value]) => [
    name,
    Object.hasOwn(secrets, name) ? REDACTED : value,
  ]);
  return { parameters: Object.fromEntries(kept), ...(Object.keys(secrets).length > 0 ? { secrets } : {}) };
}

/**
 * The parameters of a stored run with today's values of those that are secrets: as given, else from their variables, else as answered.
 *
 * @param ask for the value of a secret; nothing where no terminal is there
 * @throws ConfigError for a secret that is to be had nowhere
 */
export async function parametersAgain(
  { parameters, secrets = {} }: Pick<Manifest, "parameters" | "secrets">,
  given: Parameters = {},
  ask?: (question: string) => Promise<string>,
): Promise<Parameters> {
  const again: Record<string, string> = { ...parameters, ...given };
  for (const [name, variable] of Object.entries(secrets)) {
    if (Object.hasOwn(given, name)) continue;
    const value =
      process.env[variable] || (await ask?.(`The value of -T ${name}, which is a secret and is not stored`));
    if (!value)
      throw new ConfigError(
        `-T ${name}`,
        "must be given again: its value is a secret, and is not stored",
        undefined,
        `Give -T ${name}=..., or set the environment variable ${variable}`,
      );
    again[name] = value;
  }
  return again;
}

/**
 * Names and ids stand in every row and report, and tell results apart: a secret in one could not be hidden.
 *
 * @throws ConfigError that does not show it
 */
export function refuseSecretNames(experiment: Experiment, items: readonly DatasetItem[]): void {
  refuseSecret("name", experiment.name);
  experiment.conditions.forEach(({ name }, i) => void refuseSecret(`conditions[${i}].name`, name));
  items.forEach((item, i) => void refuseSecretItem(item, `dataset[${i}]`));
}

/** @throws ConfigError for an item whose id or groups hold a secret */
export function refuseSecretItem({ id, cluster, slices }: DatasetItem, place: string): void {
  for (const name of [id, cluster ?? "", ...Object.values(slices ?? {})]) refuseSecret(place, name);
}

function refuseSecret(path: string, name: string): void {
  if (holdsHidden(name)) throw new ConfigError(path, "must not hold a secret: it stands in every row and report");
}
