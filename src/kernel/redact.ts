/** What looks like a secret. Every pattern reads a text once: each begins only where a run of its own characters begins. */
const secrets: readonly (readonly [RegExp, string])[] = [
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

/**
 * A text without what looks like a bearer token, an API key or a password. Linear in its length.
 *
 * @example redact("401: Bearer abcdef123456 is wrong") // => "401: Bearer [redacted] is wrong"
 */
export const redact = (text: string): string =>
  secrets.reduce((kept, [pattern, replacement]) => kept.replace(pattern, replacement), text);
