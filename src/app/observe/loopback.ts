import { createHash, timingSafeEqual } from "node:crypto";

/** Whether two secrets are equal, in a time that says nothing about where they differ. */
export function isSameSecret(given: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

/** Whether an `Authorization: Bearer ...` header has the token. */
export const hasToken = (header: string | undefined, token: string): boolean =>
  isSameSecret(header?.startsWith("Bearer ") ? header.slice("Bearer ".length) : "", token);

/** Whether a `Host` header names this machine itself: a page under a foreign name that resolves to 127.0.0.1 does not. */
export const isLocalHost = (host: string | undefined): boolean => /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host ?? "");
