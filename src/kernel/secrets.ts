import { toBase64 } from "./base64.ts";
import { ConfigError } from "./errors.ts";
import { hide, holdsHidden, looksLikeKey } from "./redact.ts";
import { remembered } from "./remember.ts";

/** Characters below which a secret is not looked for in texts: ordinary words would be hidden. */
const SHORTEST = 6;

/** Ends of names whose values are secrets whatever they are: `apiKey`, `dbPassword`, `openaiapikey`. */
const CERTAIN_NAME =
  /(?:(?:api|access|secret|private|auth) ?(?:key|token)|secret|password|passwd|passphrase|authorization|credentials?)(?: value)?$/;
/** Ends of names whose values may be secrets: `HF_TOKEN`, `signingKey`. */
const SECRET_NAME = /(?:^| )(?:key|token|pwd|pat|jwt|bearer|auth|cookie)$/;
/** Names that end so and are none: `sortKey`, `eosToken`. */
const PLAIN_NAME =
  /(?:^| )(?:sort|group|join|primary|foreign|partition|cache|column|bos|eos|pad|unk|stop|max|min) (?:key|token)$/;

/** A setting, although its name ends as that of a secret: `-T token=512`. */
const SETTING = /^(?:\d{1,6}(?:\.\d+)?|true|false|yes|no|on|off|none|)$/i;

/** Headers that say nothing secret. */
const PLAIN_HEADER =
  /^(?:accept(?:-.*)?|content-type|user-agent|referer|http-referer|origin|x-title|.*-version|.*-beta|.*-region)$/i;

/**
 * Whether a parameter, header or environment variable is a secret by its name.
 *
 * @example isSecretName("OPENAI_API_KEY") // => true
 * @example isSecretName("maxTokens") // => false
 */
export const isSecretName = (name: string): boolean => {
  const words = wordsOf(name);
  return CERTAIN_NAME.test(words) || (SECRET_NAME.test(words) && !PLAIN_NAME.test(words));
};

/** A name in words: `x-apiKey` is `x api key`. */
const wordsOf = (name: string): string =>
  name
    .slice(0, 200)
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/[^A-Za-z\d]+/g, " ")
    .trim()
    .toLowerCase();

/** Whether a text could be nothing but a key: long, with letters and digits, neither a path, an address nor a sentence. */
const isOpaque = (value: string): boolean =>
  value.length >= 8 && /\d/.test(value) && /[A-Za-z]/.test(value) && !/^[/.~]|\s|:\/\//.test(value);

/**
 * Hides a value from now on: in the store, in reports, facts and messages of this process stands `[redacted]` where it stood, as it is,
 * in JSON, in an address or in base64. What a condition and a backend are given is left as it is.
 *
 * @param value at least 6 characters: a shorter one would hide ordinary text
 * @returns the value
 * @throws ConfigError for a shorter one, which it does not show
 * @example secret(process.env.GATEWAY_PASS ?? "correct horse") // => "correct horse"
 */
export function secret(value: string): string {
  if (typeof value !== "string" || value.trim().length < SHORTEST)
    throw new ConfigError("secret()", `takes a text of at least ${SHORTEST} characters`);
  hideText(value);
  return value;
}

/** Whose forms are hidden already. */
const hidden = new Set<string>();

function hideText(value: string): void {
  const text = value.trim();
  if (text.length < SHORTEST || hidden.has(value)) return;
  hidden.add(value);
  const inBase64 = [text, value].map((each) => toBase64(new TextEncoder().encode(each)).replace(/={1,2}$/, ""));
  hide([text, JSON.stringify(text).slice(1, -1), encoded(text), ...inBase64]); // base64 alone says spaces around it otherwise
}

/** As in an address; a lone half of a pair has no such form. */
function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return text;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

const isSecretVariable = remembered(isSecretName);

/** Hides what environment variables hold whose names say that it is secret. */
export function hideEnvironment(environment: Environment): void {
  for (const name of Object.keys(environment)) {
    if (!isSecretVariable(name)) continue; // to ask for a value of `process.env` takes a microsecond
    const value = environment[name];
    if (value !== undefined && isOpaque(value)) hideText(value);
  }
}

/** Hides what headers of one's own hold, with and without its scheme (`Bearer`), beside those that say what is sent and by whom. */
export function hideHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (PLAIN_HEADER.test(name) || !(isSecretName(name) || isOpaque(value))) continue;
    hideText(value);
    hideText(value.replace(/^\S+\s+/, ""));
  }
}

/**
 * Which parameters are secrets, by their names, by what they look like, or since a variable that is one holds the same; they are hidden.
 *
 * @returns for each the environment variable that its value is read from when the run is resumed
 */
export function secretsIn(
  parameters: Readonly<Record<string, string>>,
  environment: Environment,
): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(parameters)) {
    const variable = Object.keys(environment).find((one) => environment[one] === value && isSecretName(one));
    const isNamed = isSecretName(name) && !SETTING.test(value);
    const isKnown = value.length >= SHORTEST && (variable !== undefined || holdsHidden(value) || looksLikeKey(value));
    if (!isNamed && !isKnown) continue;
    if (isKnown || isOpaque(value) || CERTAIN_NAME.test(wordsOf(name))) hideText(value); // else it may be a word: `-T key=left`
    found[name] = (value.length >= SHORTEST ? variable : undefined) ?? variableOfParameter(name);
  }
  return found;
}

/** @example variableOfParameter("apiKey") // => "CRUCIBLE_T_API_KEY" */
export const variableOfParameter = (name: string): string =>
  `CRUCIBLE_T_${wordsOf(name).replaceAll(" ", "_").toUpperCase()}`;
