import { type Format, formats } from "#src/experiment/options";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import type { ExperimentIR } from "./schema.ts";

/**
 * Options of a run that a document asks for by its outputs: the formats of all, and the folder that `options.path` names.
 *
 * @throws ConfigError for a sink other than `file`, an unknown format, two folders
 * @example outputsOf({ outputs: [{ name: "o", formats: ["json"], sink: "file" }] }) // => { formats: ["json"] }
 */
export function outputsOf({ outputs = [] }: Pick<ExperimentIR, "outputs">): { formats?: Format[]; outputDir?: string } {
  const wanted = new Set<Format>();
  let folder: string | undefined;
  outputs.forEach(({ formats: named, sink, options = {} }, i) => {
    const place = `outputs[${i}]`;
    if (sink !== "file")
      throw new ConfigError(
        `${place}.sink`,
        "must be file",
        sink,
        "`crucible report --print` and `crucible export --to -` write on stdout",
      );
    named.forEach((format, j) => {
      if (!(formats as readonly string[]).includes(format))
        throw new ConfigError(
          `${place}.formats[${j}]`,
          `must be one of ${formats.join(", ")}`,
          format,
          didYouMean(format, formats),
        );
      wanted.add(format as Format);
    });
    for (const [key, value] of Object.entries(options)) {
      if (key !== "path")
        throw new ConfigError(`${place}.options.${key}`, "is not an option here", value, didYouMean(key, ["path"]));
      if (typeof value !== "string" || value === "")
        throw new ConfigError(`${place}.options.path`, "must be a folder", value);
      if (folder !== undefined && folder !== value)
        throw new ConfigError(`${place}.options.path`, `must be the folder of the other outputs, ${folder}`, value);
      folder = value;
    }
  });
  return {
    ...(wanted.size > 0 ? { formats: [...wanted] } : {}),
    ...(folder === undefined ? {} : { outputDir: folder }),
  };
}
