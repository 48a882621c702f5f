import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { CodeIdentity } from "#src/experiment/manifest";
import { redact } from "#src/kernel/redact";
import { isSecretName } from "#src/kernel/secrets";
import { bundleText } from "./bundle.ts";
import { ownPackage } from "./package.ts";

/** Characters of an environment variable that are kept. */
const LONGEST = 200;
/** Variables of the user and of the machine: as those of secrets, their values change without a change of the experiment. */
const PERSONAL = /^(CRUCIBLE_.*|NODE_.*|HOME|PATH|PWD|USER|TMPDIR|CI|DEBUG|NO_COLOR|TERM|XDG_.*)$/i;

/**
 * What an experiment file does beside the functions whose text is compared: a digest of it and of all that it imports by path, with the
 * versions of the packages that it imports, and the environment variables that it reads as it is loaded.
 *
 * @returns undefined for a file that esbuild cannot read
 */
export async function codeIdentity(
  file: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<CodeIdentity | undefined> {
  try {
    const { name } = ownPackage();
    const text = (await bundleText(resolve(file), parameters)).replaceAll(
      new RegExp(`\\b${name}@[\\w.+-]+/`, "g"),
      `${name}/`,
    );
    const digest = createHash("sha256").update(text).digest("hex").slice(0, 32);
    const names = [...new Set(readOnLoading(text))].filter((one) => !PERSONAL.test(one) && !isSecretName(one));
    const variables = names.sort().map((one) => [one, shown(process.env[one])] as const);
    return { digest, ...(variables.length > 0 ? { variables: Object.fromEntries(variables) } : {}) };
  } catch {
    return undefined; // it was loaded by other means: what is not known is said in the report
  }
}

/**
 * Environment variables that a module reads as it is loaded. What esbuild writes stands at the beginning of a line where it is in no function
 * of several lines; what functions read is theirs.
 */
function* readOnLoading(text: string): Generator<string> {
  for (const line of text.split("\n")) {
    if (!/^\w/.test(line)) continue;
    const before = line.split(/=>|\bfunction\b/, 1)[0]!;
    for (const [, dotted, quoted] of before.matchAll(/\bprocess\.env(?:\.([A-Za-z_]\w*)|\[["']([\w.-]+)["']\])/g))
      yield dotted ?? quoted!;
  }
}

const shown = (value: string | undefined): string | null =>
  value === undefined ? null : redact(value).slice(0, LONGEST);
