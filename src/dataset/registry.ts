import { ConfigError } from "#src/kernel/errors";
import type { DatasetInput } from "./dataset.ts";

/** Gives the rows of a named data set. */
export type DatasetLoader = () => DatasetInput | Promise<DatasetInput>;

const loaders = new Map<string, DatasetLoader>();

/**
 * Makes a data set known by name, so that experiments can say `dataset: "mmlu_200"`.
 *
 * @throws ConfigError for an empty name
 */
export function registerDataset(name: string, loader: DatasetLoader): void {
  if (name.trim() === "") throw new ConfigError("registerDataset name", "must not be empty", name);
  loaders.set(name, loader);
}

/** The loader of a name; nothing when the name is not registered. */
export const registeredDataset = (name: string): DatasetLoader | undefined => loaders.get(name);

/** All registered names. */
export const datasetNames = (): string[] => [...loaders.keys()];
