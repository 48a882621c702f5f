import { isPlainObject, putMember } from "./record.ts";

/** What looks like a secret. Every pattern reads a text once: each begins only where a run of its own characters begins. */
const shapes: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, "$1 [redacted]"],
  [
    /(?<![\w*-])(?:sk|pk|rk|gsk|hf|xai|ghp|gho|ghs|glpat|r8|xox[abp]|github_pat)[-_](?=[\w*-]*[\d*])[\w*-]{6,}/g,
    "[redacted]",
  ],
  [/(?<![\w-])(?:AIza[\w-]{20,}|AKIA[0-9A-Z]{12,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)/g, "[redacted]"],
  [/(:\/\/)[^\s/@:]+:[^\s/@]+@/g, "$1[redacted]@"],
  [
    /((?:api[-_ ]?key|access[-_ ]?token|auth[-_ ]?token|secret|password)(?: provided)?["']?\s*[:=]\s*["']?)[^\s"',&[]{6,}/gi,
    "$1[redacted]",
  ],
  [/([?&](?:key|token|sig|signature)=)[^&\s"']+/gi, "$1[redacted]"],
];

/** What stands where a secret stood. */
export const REDACTED = "[redacted]";

/** Values that this process was told to hide, in each form that they may have in a text; the longest first. */
let hidden: readonly string[] = [];

/** Hides values from now on, in each of their forms. */
export function hide(forms: readonly string[]): void {
  const all = new Set([...hidden, ...forms]);
  if (all.size > hidden.length) hidden = [...all].sort((a, b) => b.length - a.length);
}

/** Whether a text holds a value that is hidden. */
export const holdsHidden = (text: string): boolean => hidden.some((form) => text.includes(form));

/** A text without the values that are hidden. */
export const withoutHidden = (text: string): string =>
  hidden.reduce((kept, form) => (kept.includes(form) ? kept.replaceAll(form, REDACTED) : kept), text);

/** Whether a text as a whole, or a part of it, has the shape of a key: `sk-...`, `ghp_...`, a JSON Web Token. */
export const looksLikeKey = (text: string): boolean => withoutShapes(text) !== text;

const withoutShapes = (text: string): string =>
  shapes.reduce((kept, [pattern, replacement]) => kept.replace(pattern, replacement), text);

/**
 * A text without what looks like a bearer token, an API key or a password, and without the values that are hidden. Linear in its length.
 *
 * @example redact("401: Bearer abcdef123456 is wrong") // => "401: Bearer [redacted] is wrong"
 */
export const redact = (text: string): string => withoutShapes(withoutHidden(text));

/**
 * Plain data without the values that are hidden, in texts and in names; itself where it holds none. What merely looks like a key stays:
 * it may be what a model was asked for.
 *
 * @param value any depth; no cycles
 */
export function withoutSecrets<T>(value: T): T {
  if (hidden.length === 0 || !anyText(value, holdsHidden)) return value;
  const root: { kept?: unknown } = {};
  const work: { into: object; name: string; from: unknown }[] = [{ into: root, name: "kept", from: value }];
  for (let next = work.pop(); next; next = work.pop()) {
    const { into, name, from } = next;
    const isOpen = Array.isArray(from) || isPlainObject(from);
    const copy = typeof from === "string" ? withoutHidden(from) : !isOpen ? from : Array.isArray(from) ? [] : {};
    putMember(into as Record<string, unknown>, name, copy);
    if (!isOpen) continue;
    for (const [key, member] of Object.entries(from).reverse()) // in their order
      work.push({ into: copy as object, name: withoutHidden(key), from: member });
  }
  return root.kept as T;
}

/** Whether a text or a name anywhere within plain data satisfies a condition. */
function anyText(value: unknown, holds: (text: string) => boolean): boolean {
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === "string" && holds(next)) return true;
    if (Array.isArray(next)) for (const member of next) open.push(member);
    else if (isPlainObject(next)) {
      for (const [name, member] of Object.entries(next)) {
        if (holds(name)) return true;
        open.push(member);
      }
    }
  }
  return false;
}
