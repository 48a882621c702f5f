import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError, show } from "#src/kernel/errors";
import { failure, toFailure } from "#src/kernel/failure";
import { redact, withoutSecrets } from "#src/kernel/redact";
import {
  hideEnvironment,
  hideHeaders,
  isSecretName,
  secret,
  secretsIn,
  variableOfParameter,
} from "#src/kernel/secrets";
import { draws } from "../runs.ts";
import { expectLinear, repeated } from "../support.ts";

fc.configureGlobal({ seed: 42 });

describe("the name of a secret", () => {
  it.each([
    "apiKey",
    "api_key",
    "API-KEY",
    "apikey",
    "openaiapikey",
    "OPENAI_API_KEY",
    "x-api-key",
    "HF_TOKEN",
    "token",
    "accessToken",
    "password",
    "db.password",
    "dbPasswd",
    "secret",
    "clientSecret",
    "authorization",
    "Proxy-Authorization",
    "auth",
    "credentials",
    "cookie",
    "signingKey",
    "AWS_SECRET_ACCESS_KEY",
    "apiKeyValue",
  ])("is %s", (name) => expect(isSecretName(name)).toBe(true));

  it.each([
    "maxTokens",
    "tokens",
    "tokenizer",
    "keyword",
    "monkey",
    "turkey",
    "author",
    "sortKey",
    "primary_key",
    "eosToken",
    "maxToken",
    "secretary",
    "model",
    "passages",
    "passRate",
    "KEYBOARD",
    "tokenLimit",
    "cookieBanner",
    "",
  ])("is not %s", (name) => expect(isSecretName(name)).toBe(false));
});

describe("secret parameters", () => {
  it("are those with such a name, those that look like a key, and those that a variable of such a name holds", () => {
    const environment = { GATE_TOKEN: "zx81-zx81-zx81", LANG: "en_GB.UTF-8" };
    const given = {
      apiKey: "swordfish",
      gate: "zx81-zx81-zx81",
      model: "sk-proj-abc123def456",
      language: "en_GB.UTF-8",
      token: "512",
      limit: "5",
    };
    expect(secretsIn(given, environment)).toEqual({
      apiKey: "CRUCIBLE_T_API_KEY",
      gate: "GATE_TOKEN",
      model: "CRUCIBLE_T_MODEL",
    });
    expect(redact("swordfish, zx81-zx81-zx81 and en_GB.UTF-8")).toBe("[redacted], [redacted] and en_GB.UTF-8");
  });

  it("are those that the experiment declares", () => {
    expect(secretsIn({ login: "ada lovelace" }, {})).toEqual({});
    secret("ada lovelace");
    expect(secretsIn({ login: "ada lovelace" }, {})).toEqual({ login: "CRUCIBLE_T_LOGIN" });
  });

  it("hide no ordinary word for a name that only may be one", () => {
    expect(secretsIn({ key: "question" }, {})).toEqual({ key: "CRUCIBLE_T_KEY" });
    expect(redact("the question")).toBe("the question");
  });

  it("have a variable that a shell takes", () => {
    expect(["apiKey", "x-api.key", "HF_TOKEN"].map(variableOfParameter)).toEqual([
      "CRUCIBLE_T_API_KEY",
      "CRUCIBLE_T_X_API_KEY",
      "CRUCIBLE_T_HF_TOKEN",
    ]);
  });
});

describe("environment variables and headers", () => {
  it("are hidden where their name says so and their value could be nothing but a key", () => {
    hideEnvironment({
      ONE_TOKEN: "q1w2e3r4t5",
      TLS_KEY: "/etc/ssl/key1.pem",
      MODE_KEY: "production",
      PAGE: "a1b2c3d4e5f6",
    });
    expect(redact("q1w2e3r4t5 /etc/ssl/key1.pem production a1b2c3d4e5f6")).toBe(
      "[redacted] /etc/ssl/key1.pem production a1b2c3d4e5f6",
    );
  });

  it("are hidden with and without their scheme, whatever their name, beside those that say who sends what", () => {
    hideHeaders({
      Authorization: "Custom opensesame",
      "X-Odd": "0f9e8d7c6b5a",
      "X-Title": "experiment 42 of us",
      "Content-Type": "application/json; v=1",
      "anthropic-version": "2023-06-01",
    });
    expect(redact("opensesame 0f9e8d7c6b5a")).toBe("[redacted] [redacted]");
    const kept = "experiment 42 of us application/json; v=1 2023-06-01";
    expect(redact(kept)).toBe(kept);
  });
});

describe("a hidden value", () => {
  it("stands in no text, whatever it is and however it is written there", () => {
    const forms = (value: string) => [
      value,
      JSON.stringify({ value }),
      `https://x.test/?q=${encodeURIComponent(value)}`,
      Buffer.from(value).toString("base64"),
    ];
    const values = fc
      .string({ minLength: 6, maxLength: 40, unit: "grapheme" })
      .filter((text) => text.trim().length >= 6 && !/^\w+$/.test(text.trim())); // `length` would be hidden from the tests beside this one
    fc.assert(
      fc.property(values, fc.string(), (value, around) => {
        secret(value);
        const bare = value.trim();
        for (const form of forms(value)) {
          const text = around + form + around;
          expect(redact(text)).not.toContain(form.includes(bare) ? bare : form.replace(/=+$/, "").split("=").at(-1));
          expect(failure("unknown", text).message).not.toContain(bare);
          expect(toFailure(new Error(text), 0).message).not.toContain(bare);
          expect(show(text)).not.toContain(bare);
          expect(JSON.stringify(withoutSecrets({ [form]: [form, { deep: form }] }))).not.toContain(bare);
        }
      }),
      draws(40, 150, 42),
    );
  });

  it("is not shown in part where a sentence is cut", () => {
    secret("zzyzx-road-zzyzx-road-zzyzx-road-zzyzx-road");
    for (let before = 0; before < 90; before++) {
      const text = `${"a".repeat(before)}zzyzx-road-zzyzx-road-zzyzx-road-zzyzx-road`;
      expect(new ConfigError("x", "must be else", text).message).not.toContain("zzyzx");
      expect(failure("unknown", "b".repeat(920) + text).message).not.toContain("zzyzx");
    }
  });

  it("leaves data without one as it is, and its order, names and numbers where it has one", () => {
    secret("plover-xyzzy");
    const plain = { a: 1, list: [new Date(0)] };
    expect(withoutSecrets(plain)).toBe(plain);
    const found = withoutSecrets({ b: "plover-xyzzy", a: [1, null, "x"], ["__proto__"]: "plover-xyzzy" });
    expect(JSON.stringify(found)).toBe('{"b":"[redacted]","a":[1,null,"x"],"__proto__":"[redacted]"}');
  });

  it("is looked for in data of any depth, in linear time", async () => {
    secret("grue-grue-grue");
    const nested = (depth: number): unknown => {
      let value: unknown = "grue-grue-grue";
      for (let i = 0; i < depth; i++) value = [value];
      return value;
    };
    await expectLinear(({ length }) => withoutSecrets(nested(length)), repeated("x"), 20_000);
    await expectLinear((text) => withoutSecrets({ text }), repeated("grue-grue-gru "), 100_000);
  });

  it("must be long enough not to hide ordinary text, and is not shown in the refusal", () => {
    expect(() => secret("abc12")).toThrow("secret() takes a text of at least 6 characters");
    expect(() => secret(undefined as never)).toThrow("secret() takes a text of at least 6 characters");
  });
});
