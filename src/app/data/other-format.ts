import { ConfigError } from "#src/kernel/errors";

/** [how files begin, what they are, what to do]: files that come under the name of a data file and hold no data of its kind. */
const formats: readonly (readonly [RegExp | string, string, string?])[] = [
  [/^version https:\/\/git-lfs/, "a pointer of Git LFS, in place of the file", "fetch the file itself: git lfs pull"],
  [/^\s{0,9}<(?:!doctype html|html)\b/i, "a page of HTML, as servers send in place of a file", "download it again"],
  ["PK\x03\x04", "a zip archive, as an .xlsx workbook is"],
  ["PAR1", "Parquet"],
  ["\x28\xb5\x2f\xfd", "compressed by Zstandard", "unpack it first; gzip is read as it is"],
  ["BZh", "compressed by bzip2", "unpack it first; gzip is read as it is"],
  ["\xfd7zXZ", "compressed by xz", "unpack it first; gzip is read as it is"],
];

/** @throws ConfigError for a file that is something else than its name says, by how it begins */
export function refuseOtherFormat(bytes: Uint8Array, source: string, wanted: "text" | "Parquet"): void {
  const start = Buffer.from(bytes.subarray(0, 64)).toString("latin1");
  const [, what, advice] =
    formats.find(
      ([begins, name]) =>
        name !== wanted && (typeof begins === "string" ? start.startsWith(begins) : begins.test(start)),
    ) ?? [];
  if (what === undefined) return;
  const law = wanted === "text" ? "must be text" : "must be a Parquet file";
  throw new ConfigError(source, law, undefined, `It looks like ${what}${advice === undefined ? "" : `: ${advice}`}`);
}
