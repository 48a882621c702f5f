import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { parsePython } from "#src/dataset/foreign";
import { inspectLog } from "#src/dataset/inspect-log";
import { lmEvalSamples } from "#src/dataset/lm-eval";

const sampleOf = (fields: object): string =>
  JSON.stringify({ doc_id: 7, doc: { query: "The capital of France is" }, target: "1", filter: "none", ...fields });

describe("a sample of lm-evaluation-harness", () => {
  const likelihoods = {
    filtered_resps: [
      ["-4.5", "False"],
      ["-1.25", "True"],
    ],
    metrics: ["acc"],
    acc: 1,
  };

  it("of a multiple-choice task says what was found most likely", () => {
    const named = { gen_args_0: { arg_0: "q", arg_1: " Rome" }, gen_args_1: { arg_0: "q", arg_1: " Paris" } };
    const listed = [
      ["q", " Rome"],
      ["q", " Paris"],
    ];
    const completions = [named, listed, undefined].map(
      (args) => lmEvalSamples(sampleOf({ ...likelihoods, arguments: args }))[0]!.completion,
    );
    expect(completions).toEqual(["Paris", "Paris", "1"]);
  });

  it("has no score where its metric is made from all samples together", () => {
    const f1 = { resps: [["x"]], filtered_resps: [["x"]], metrics: ["f1", "acc"], f1: ["gold", ["x"]], acc: 0 };
    expect(lmEvalSamples(sampleOf(f1))[0]).toMatchObject({ completion: "x", scores: { acc: 0 } });
    expect(lmEvalSamples(sampleOf(f1))[0]!.scores).not.toHaveProperty("f1");
  });

  it("of an older version names no filter and no metrics", () => {
    const old = { resps: [["x"]], acc: 1, acc_norm: 0, filter: undefined };
    expect(lmEvalSamples(sampleOf(old))[0]!.scores).toEqual({ acc: 1, acc_norm: 0 });
    const likelihood = {
      resps: [[[-1, false]], [[-2, false]]],
      filtered_resps: [
        [-1, false],
        [-2, false],
      ],
    };
    expect(lmEvalSamples(sampleOf({ ...likelihood, target: 2, filter: undefined, acc: 1 }))[0]!.scores).toEqual({
      acc: 1,
    });
  });

  it("keeps what its filter made of several replies, and says so", () => {
    const [answer] = lmEvalSamples(
      sampleOf({ resps: [["18", "20", "18"]], filtered_resps: ["18"], metrics: ["acc"], acc: 1 }),
    );
    expect(answer).toMatchObject({ completion: "18", note: "an answer was made by a filter from 3 replies" });
    expect(
      lmEvalSamples(sampleOf({ ...likelihoods, resps: [[["-4.5", "False"]], [["-1.25", "True"]]] }))[0],
    ).not.toHaveProperty("note");
  });

  it("is of one filter: of several, none is taken without being named", () => {
    const text = ["strict", "flexible"].map((filter) => sampleOf({ resps: [[filter]], filter, acc: 1 })).join("\n");
    expect(() => lmEvalSamples(text, "s.jsonl")).toThrow(
      's.jsonl has samples of several filters, "strict", "flexible". Name one: lmEvalSamples(text, "s.jsonl", "strict")',
    );
    expect(lmEvalSamples(text, "s.jsonl", "flexible")).toMatchObject([{ completion: "flexible" }]);
  });

  it("keeps the digits of large numbers, and may begin with a byte order mark", () => {
    const text = `\uFEFF${sampleOf({ resps: [["x"]] })}`.replace('"1"', "1234567890123456789");
    expect(lmEvalSamples(text)[0]!.target).toBe("1234567890123456789");
  });

  it("may hold NaN, as Python writes it, and text that says so", () => {
    const text = sampleOf({ resps: [["NaN, or Infinity?"]], metrics: ["ppl"], ppl: 1 }).replace(
      '"ppl":1',
      '"ppl": NaN',
    );
    expect(lmEvalSamples(text)[0]).toMatchObject({ completion: "NaN, or Infinity?", scores: {} });
  });

  it("is told from other lines, with the place, and by its filter", () => {
    expect(() => lmEvalSamples('{"a":1}', "s.jsonl")).toThrow("s.jsonl:1 must be a sample of lm-evaluation-harness");
    expect(() => lmEvalSamples(sampleOf({ doc_id: null, resps: [["x"]] }), "s.jsonl")).toThrow(
      "s.jsonl:1 must be a sample",
    );
    expect(() => lmEvalSamples(sampleOf({ resps: [["x"]] }), "s.jsonl", "strict")).toThrow(
      's.jsonl must have samples of the filter "strict". It has "none"',
    );
  });
});

describe("a log of inspect_ai", () => {
  const logOf = (...samples: object[]): string => JSON.stringify({ version: 2, status: "success", samples });

  it("says what the first choice says, in text or in parts", () => {
    const contents = [
      "Yes",
      [
        { type: "reasoning", reasoning: "hm" },
        { type: "text", text: "Yes" },
      ],
    ];
    for (const content of contents)
      expect(inspectLog(logOf({ id: 1, output: { choices: [{ message: { content } }] } }))[0]!.completion).toBe("Yes");
    expect(inspectLog(logOf({ id: 1, output: { choices: [], completion: "No" } }))[0]!.completion).toBe("No");
    expect(inspectLog(logOf({ id: 1 }))[0]).toMatchObject({ id: "1", repeat: 0, completion: "", scores: {} });
  });

  it("tells time and tokens of a sample", () => {
    const usage = { a: { total_tokens: 66 }, grader: { total_tokens: 34 } };
    const [answer] = inspectLog(logOf({ id: 1, total_time: 0.664, model_usage: usage }));
    expect(answer).toMatchObject({ latency: 664, tokens: 100 });
  });

  it("has a sample without an answer where it ended in an error, unless it was scored all the same", () => {
    const error = { message: "RateLimitError()", traceback: "…" };
    const scores = { match: { value: "I" } };
    expect(inspectLog(logOf({ id: 1, error }))[0]).toMatchObject({ error: "RateLimitError()" });
    expect(inspectLog(logOf({ id: 1, error, scores }))[0]).toMatchObject({ scores: { match: "I" } });
    expect(inspectLog(logOf({ id: 1, error, scores }))[0]).not.toHaveProperty("error");
  });

  it("may hold NaN for what was not scored", () => {
    const text = logOf({ id: 1, scores: { match: { value: "nan" } } }).replace('"nan"', "NaN");
    expect(inspectLog(text)[0]!.scores).toEqual({ match: null });
  });

  it("of an older version has one score, and its scorer's name among the results", () => {
    const sample = { id: 1, output: { completion: "a" }, score: { value: "C", answer: "a" } };
    expect(inspectLog(logOf(sample))[0]!.scores).toEqual({ score: "C" });
    const results = [{ scorer: { name: "match" } }, { scores: [{ name: "match" }] }];
    for (const each of results)
      expect(inspectLog(JSON.stringify({ samples: [sample], results: each }))[0]!.scores).toEqual({ match: "C" });
  });

  it("has what it keeps apart in its place", () => {
    const key = "0123456789abcdef0123456789abcdef";
    const sample = {
      id: 1,
      input: [{ role: "user", content: `attachment://${key}` }],
      output: { completion: "attachment://abc" },
      attachments: { abc: "the text", [key]: "the question" },
    };
    const [answer] = inspectLog(logOf(sample));
    expect(answer).toMatchObject({ completion: "the text", input: [{ role: "user", content: "the question" }] });
    expect(() => inspectLog(logOf({ id: 1, output: { completion: `attachment://${key}` } }), "log.json")).toThrow(
      "log.json samples[0].output must have its attachment in the log",
    );
  });

  it("is read where it holds one text of sixteen million letters, and a NaN", () => {
    const text = `{"samples":[{"id":1,"epoch":1,"input":"${"x".repeat(16e6)}","output":{"completion":"NaN"},"scores":{"m":{"value":NaN}}}]}`;
    expect(inspectLog(text)).toMatchObject([{ completion: "NaN", scores: { m: null } }]);
  });

  it("that is not whole says so with every answer", () => {
    const cancelled = JSON.stringify({ status: "cancelled", samples: [{ id: 1 }] });
    expect(inspectLog(cancelled)[0]).toMatchObject({ note: "its log is not whole (cancelled)" });
    const failed = JSON.stringify({ status: "error", error: { message: "out of memory" }, samples: [{ id: 1 }] });
    expect(inspectLog(failed)[0]).toMatchObject({ note: "its log is not whole (error: out of memory)" });
    expect(inspectLog(logOf({ id: 1 }))[0]).not.toHaveProperty("note");
    expect(() => inspectLog('{"status":"error"}', "log.json")).toThrow(
      'log.json must be a log of inspect_ai with its samples. Its status is "error"',
    );
  });

  it("notes the samples that were declared invalid or ran into a limit", () => {
    const noteOf = (sample: object) => inspectLog(logOf({ id: 1, ...sample }))[0]!.note;
    expect(noteOf({ invalidation: { author: "x", reason: "wrong file" } })).toBe(
      "samples were declared invalid: wrong file",
    );
    expect(noteOf({ limit: { type: "token", limit: 1000 } })).toBe("samples were ended by their token limit");
    const cancelled = JSON.stringify({ status: "cancelled", samples: [{ id: 1, limit: { type: "time" } }] });
    expect(inspectLog(cancelled)[0]!.note).toBe(
      "its log is not whole (cancelled); samples were ended by their time limit",
    );
  });

  it("has the model's error where nothing was scored", () => {
    expect(inspectLog(logOf({ id: 1, output: { choices: [], error: "blocked" } }))[0]).toMatchObject({
      error: "blocked",
    });
    const scored = { id: 1, output: { error: "blocked" }, scores: { m: { value: "I" } } };
    expect(inspectLog(logOf(scored))[0]).not.toHaveProperty("error");
  });

  it.each([
    [{ value: "C", history: [{ value: "I" }, { value: "C" }] }, "C"],
    [{ value: "UNCHANGED" }, "UNCHANGED"],
    [{ value: [1, 0, 1] }, [1, 0, 1]],
    [{ value: { a: "C", b: 0.5 } }, { a: "C", b: 0.5 }],
  ])("has a score as it was given, %j", (score, value) => {
    expect(inspectLog(logOf({ id: 1, scores: { m: score } }))[0]!.scores).toEqual({ m: value });
  });

  it.each([
    [
      { id: "s/1", uuid: "u", target: ["a", "b"], input: [{ role: "user", content: "hi" }] },
      { id: "s/1", target: ["a", "b"] },
    ],
    [{ id: 1, error_retries: [{ message: "x" }], scores: { m: { value: "C" } } }, { scores: { m: "C" } }],
    [
      {
        id: 1,
        output: {
          choices: [
            {
              message: {
                content: [
                  { type: "reasoning", reasoning: "hm" },
                  { type: "text", text: "r" },
                ],
              },
            },
          ],
        },
      },
      { completion: "r" },
    ],
    [{ id: 1, scores: null, events_data: { messages: [] } }, { scores: {} }],
  ])("of a newer version is read, %j", (sample, answer) => {
    expect(inspectLog(logOf(sample))[0]).toMatchObject(answer);
  });

  it("is refused at the sample that is none", () => {
    expect(() => inspectLog('{"samples":[{"id":1},"x"]}', "l.json")).toThrow(
      'l.json samples[1] must be a sample with an id, got "x"',
    );
    expect(() => inspectLog(logOf({}), "l.json")).toThrow("l.json samples[0] must be a sample with an id");
    for (const epoch of [0, "1", 1.5])
      expect(() => inspectLog(logOf({ id: 1, epoch }), "l.json")).toThrow(
        "samples[0].epoch must be a whole number from 1 up",
      );
  });

  it("is told from other files", () => {
    expect(() => inspectLog("{", "log.json")).toThrow("log.json must be JSON");
    expect(() => inspectLog('{"samples":3}', "log.json")).toThrow("log.json must be a log of inspect_ai");
    expect(() => inspectLog('{"status":"success","results":{}}')).toThrow("was written without them");
    expect(() => inspectLog("PK\u0003\u0004", "log.eval")).toThrow(
      "log.eval must be given as bytes. Read it without an encoding",
    );
  });
});

describe("an .eval log of inspect_ai", () => {
  const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
  const samples = {
    "samples/q1_epoch_1.json": {
      id: "q1",
      epoch: 1,
      scores: { match: { value: "C" } },
      output: { completion: "Größe" },
    },
  };
  const archive = (members: Readonly<Record<string, unknown>>, level: 0 | 6 = 6): Uint8Array =>
    zipSync(Object.fromEntries(Object.entries(members).map(([name, value]) => [name, bytesOf(value)])), { level });
  const log = archive({
    "_journal/start.json": { version: 2 },
    ...samples,
    "summaries.json": [],
    "header.json": { version: 2, status: "success" },
  });

  it("is read as its .json log would be, compressed or not", () => {
    const whole = { samples: Object.values(samples), status: "success" };
    expect(inspectLog(log)).toEqual(inspectLog(JSON.stringify(whole)));
    expect(inspectLog(Buffer.from(log))).toEqual(inspectLog(JSON.stringify(whole)));
    const stored = archive({ "header.json": { status: "success" }, ...samples }, 0);
    expect(inspectLog(stored)).toEqual(inspectLog(JSON.stringify(whole)));
    const oldest = archive({ "start.json": { version: 2 }, ...samples, "results.json": { status: "error" } });
    expect(inspectLog(oldest)).toMatchObject([{ id: "q1", note: "its log is not whole (error)" }]);
  });

  it("may be compressed by Zstandard", () => {
    const raw = Object.values(samples).map(bytesOf)[0]!;
    const [size, block] = [Buffer.alloc(4), Buffer.alloc(4)];
    size.writeUInt32LE(raw.length);
    block.writeUInt32LE(raw.length * 8 + 1); // one block as it is, the last
    const frame = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0]), size, block.subarray(0, 3), raw]);
    const zip = Buffer.from(
      zipSync({ "samples/q1_epoch_1.json": frame, "header.json": bytesOf({ status: "success" }) }, { level: 0 }),
    );
    zip.writeUInt16LE(93, 8); // the method of the first member
    expect(inspectLog(zip)).toMatchObject([{ id: "q1", completion: "Größe" }]);
  });

  it("of a run that has not ended says so", () => {
    const started = archive({ "_journal/start.json": { version: 2 }, ...samples });
    expect(inspectLog(started)).toMatchObject([{ id: "q1", note: "its log is not whole (started)" }]);
  });

  it("is refused in one sentence wherever it is cut, and where it is another archive", () => {
    for (let length = 2; length < log.length; length++)
      expect(() => inspectLog(log.subarray(0, length), "log.eval")).toThrow(/^log\.eval /);
    expect(() => inspectLog(archive({ "word/document.xml": {} }), "log.eval")).toThrow(
      "log.eval must be a log of inspect_ai. The archive has no header.json",
    );
    const broken = zipSync({ "header.json": Buffer.from("{") });
    expect(() => inspectLog(broken, "log.eval")).toThrow("log.eval header.json must be JSON");
  });

  it("is refused where it unpacks to more than the limit", () => {
    const bomb = zipSync({ "header.json": new Uint8Array(5_000_000) });
    expect(bomb.length).toBeLessThan(10_000);
    expect(() => inspectLog(bomb, "log.eval", { maxUnpackedBytes: 100_000 })).toThrow(
      "log.eval must not unpack to more than 100000 bytes. Set maxUnpackedBytes where it is meant to be so large",
    );
  });
});

it("JSON as Python writes it has null where JSON has nothing to say, and text as it was", () => {
  expect(parsePython('\uFEFF{"NaN": [NaN, -Infinity, "a \\" NaN", 12345678901234567890]}')).toEqual({
    NaN: [null, null, 'a " NaN', "12345678901234567890"],
  });
});
