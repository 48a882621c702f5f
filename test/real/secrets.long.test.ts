import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRuns } from "#src/viewer/runs";
import { openViewer } from "#src/viewer/server";
import { crucible, type Ended, scratch } from "./command.ts";

const here = scratch();
afterAll(() => here.remove());

/** One secret for each way in which it is known to be one. */
const planted = {
  byName: "correct-horse-battery",
  byVariable: "zx81.opaque.7744",
  byShape: "ghp_0123456789abcdefABCDEF0123456789abcd",
  declared: "the owls of minerva",
  awkward: 'pä"ss\\w/örd 1',
  header: "hdr-5f2c9a71d0",
  environment: "env0secret0value",
};
const parameters: Record<string, string> = {
  apiKey: planted.byName,
  gate: planted.byVariable,
  model: planted.byShape,
  login: planted.declared,
  dbPassword: planted.awkward,
};
const variables = { GATE_TOKEN: planted.byVariable, OTHER_API_KEY: planted.environment };
const digest = createHash("sha256").update(JSON.stringify(parameters)).digest("hex");

/** A server that refuses everything, and says with which headers and words it was asked. */
let server: Server;
let baseURL = "";
beforeAll(async () => {
  server = createServer((asked, answer) => {
    answer.writeHead(400, { "content-type": "application/json" });
    answer.end(JSON.stringify({ error: { message: `refused ${JSON.stringify(asked.headers)}` } }));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => void server.close());

/** An experiment that says its secrets wherever it can say anything. */
const file = here.file(
  "tells.mjs",
  `import { createHash } from "node:crypto";
import { defineExperiment, secret } from "crucible-harness";
import { openaiCompatible } from "crucible-harness/backends";
export default (parameters) => {
  secret(parameters.login);
  const header = ${JSON.stringify(planted.header)};
  const all = [...Object.values(parameters), header, process.env.OTHER_API_KEY];
  const told = all.join(" | ");
  const right = createHash("sha256").update(JSON.stringify(parameters)).digest("hex") === ${JSON.stringify(digest)};
  const backend = openaiCompatible({ baseURL: process.env.BASE_URL, apiKey: parameters.apiKey, headers: { "x-odd-gate": header } });
  const says = {
    output: () => ({ accuracy: right, text: told, deep: [{ [told]: told }] }),
    throws: () => { throw new Error(told); },
    cause: () => { throw Object.assign(new Error("outer", { cause: new Error(told) }), { status: 400, responseBody: JSON.stringify({ error: { message: told } }) }); },
    logs: (_, context) => { for (const one of all) context.log("sent " + one); return 1; },
    strays: () => { void Promise.reject(new Error(told)); return 1; },
    late: () => { setImmediate(() => setImmediate(() => { throw new Error(told); })); return 1; },
    address: () => { throw new Error("https://x.test/?q=" + all.map(encodeURIComponent).join("&q=") + " " + all.map((one) => Buffer.from(one).toString("base64")).join(" ")); },
  };
  return defineExperiment({
    name: "tells", description: told, author: told, tags: [told],
    dataset: [{ id: "one", text: told, input: told, target: "x" }, { id: "two", input: "x", target: "x" }],
    metrics: ["accuracy"],
    conditions: [
      ...Object.entries(says).map(([name, run]) => ({ name, description: told, run })),
      { name: "asks", run: (_, context) => backend.generate([{ role: "user", content: told }], {}, context) },
    ],
    hooks: { afterCondition: () => { throw new Error(told); } },
    config: { randomSeed: 1, errorHandling: { maxFailureRate: 1, dlqEnabled: true, dlqPath: process.env.LETTERS } },
  });
};
`,
);

/** Every text in which a secret could be recognised. */
const forms = Object.values(planted).flatMap((value) => [
  value,
  JSON.stringify(value).slice(1, -1),
  encodeURIComponent(value),
  Buffer.from(value).toString("base64").replace(/=+$/, ""),
  value.replaceAll('"', "&quot;"),
]);

/** Where a secret stands, as `place: form`. */
const leaks = (place: string, bytes: Buffer | string): string[] =>
  forms.filter((form) => Buffer.from(bytes).includes(form)).map((form) => `${place}: ${form}`);

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());

const leaksIn = (folder: string): string[] =>
  filesIn(folder).flatMap((path) => leaks(path.slice(here.path.length), readFileSync(path)));

const leaksOf = (name: string, { stdout, stderr }: Ended): string[] => [
  ...leaks(`${name} stdout`, stdout),
  ...leaks(`${name} stderr`, stderr),
];

/** Pages of the viewer and all that they link to. */
async function pagesOf(directory: string): Promise<Map<string, string>> {
  const runs = openRuns(directory);
  const viewer = await openViewer(runs);
  const seen = new Map<string, string>();
  try {
    const { origin, searchParams } = new URL(viewer.url);
    const get = (path: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const headers = { cookie: `crucible-view-${viewer.port}=${searchParams.get("token")}` };
        request(`${origin}${path}`, { headers }, (answer) => {
          let text = "";
          answer.on("data", (chunk) => {
            text += chunk;
            if (/event-stream/.test(String(answer.headers["content-type"]))) answer.destroy();
          });
          answer.on("close", () => resolve(`${JSON.stringify(answer.headers)}${text}`));
        })
          .on("error", reject)
          .end();
      });
    const open = ["/"];
    for (let path = open.pop(); path !== undefined && seen.size < 150; path = open.pop()) {
      const text = await get(path);
      seen.set(path, text);
      for (const [, link] of text.matchAll(/(?:href|src|data-stream)="(\/[^"]*)"/g)) {
        const next = link!.replaceAll("&amp;", "&");
        if (!seen.has(next) && !open.includes(next)) open.push(next);
      }
    }
  } finally {
    await viewer.close();
    runs.close();
  }
  return seen;
}

describe.each(["inline", "threads"])("secrets that a run is given, %s", (executor) => {
  const [out, ck] = [join(here.path, executor, "out"), join(here.path, executor, "ck")];
  const flags = ["--checkpoints", ck];
  const env = () => ({ ...variables, BASE_URL: baseURL, LETTERS: join(out, "letters.jsonl") });
  const given = Object.entries(parameters).flatMap(([name, value]) => ["-T", `${name}=${value}`]);
  const formats = "markdown,latex,html,jupyter,csv,json,junit";
  let id = "";

  it("stand in no byte of its store, reports, records and messages, and the conditions have them", async () => {
    const ran = await crucible(
      ["run", file, "--yes", "--json", "--executor", executor, "--out", out, "--formats", formats, ...flags, ...given],
      here.path,
      env(),
    );
    id = /exp_[\w-]+/.exec(ran.stdout)![0];
    expect(ran.code, ran.stderr).toBe(0);
    expect(leaksOf("run", ran)).toEqual([]);
    expect(leaksIn(join(here.path, executor))).toEqual([]);
    expect(filesIn(out).length).toBeGreaterThan(6);
    const exported = await crucible(["export", id, "--format", "jsonl", "--to", "-", ...flags], here.path);
    expect(leaksOf("export", exported)).toEqual([]);
    const rows = exported.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, never>);
    expect(rows).toHaveLength(16);
    expect(rows.find(({ condition }) => condition === "output")).toMatchObject({ metrics: { accuracy: true } });
    expect(exported.stdout).toContain("[redacted] | [redacted]");
  });

  it("stand in no page of the viewer", async () => {
    const pages = await pagesOf(ck);
    expect(pages.size).toBeGreaterThan(20);
    expect([...pages].flatMap(([path, text]) => leaks(path, text))).toEqual([]);
    expect([...pages.values()].join("")).toContain("[redacted]");
  });

  it("stand in nothing that is said about it later", async () => {
    for (const args of [
      ["report", id, "--out", out],
      ["dlq", "list", id],
      ["list", "--json"],
      ["replay", id, "--print"],
      ["verify", id],
    ]) {
      const ended = await crucible([...args, ...flags], here.path, env());
      expect(leaksOf(args.join(" "), ended)).toEqual([]);
    }
    expect(leaksIn(join(here.path, executor))).toEqual([]);
    const report = readFileSync(join(out, readdirSync(out).find((name) => name.endsWith(".md"))!), "utf8");
    expect(report).toContain(`-T apiKey="$CRUCIBLE_T_API_KEY" -T gate="$GATE_TOKEN"`);
    expect(report).toMatch(/Parameter apiKey\s*\|.*not stored/);
  });

  it("are given again when it is resumed: by -T or by their variables", async () => {
    const retry = ["dlq", "retry", id, "--yes", "--out", out, ...flags];
    const refused = await crucible(retry, here.path, env());
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      "crucible: -T apiKey must be given again: its value is a secret, and is not stored. Give -T apiKey=..., or set the environment variable CRUCIBLE_T_API_KEY (crucible help options#flags-variables-and-crucibleconfigts)\n",
    );
    const again = {
      CRUCIBLE_T_API_KEY: planted.byName,
      CRUCIBLE_T_LOGIN: planted.declared,
      CRUCIBLE_T_MODEL: planted.byShape,
    };
    const resumed = await crucible([...retry, "-T", `dbPassword=${planted.awkward}`], here.path, {
      ...env(),
      ...again,
    });
    expect([resumed.code, leaksOf("retry", resumed)]).toEqual([0, []]);
    expect(leaksIn(join(here.path, executor))).toEqual([]);
  });
});

describe("a secret in a name", () => {
  it("is refused, since names stand in every row, and is not shown", async () => {
    const named = here.file(
      "named.mjs",
      `import { defineExperiment } from "crucible-harness";
export default ({ apiKey }) => defineExperiment({
  name: "named", dataset: [{ id: "user of " + apiKey }], metrics: ["accuracy"], conditions: [{ name: "a", run: () => 1 }, { name: "b", run: () => 1 }],
});`,
    );
    const ended = await crucible(["run", named, "--yes", "-T", "apiKey=swordfish"], here.path);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toBe(
      "crucible: dataset[0] must not hold a secret: it stands in every row and report (crucible help datasets)\n",
    );
  });
});
