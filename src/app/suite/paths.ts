import { relative, sep } from "node:path";

/** A path as one would type it here. @param file absolute */
export function pathFrom(file: string, directory = process.cwd()): string {
  const short = relative(directory, file);
  return short.startsWith(`..${sep}..`) || short === "" ? file : short;
}
