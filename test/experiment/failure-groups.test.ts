import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countFailure, emptyFailures, mostFrequent } from "#src/experiment/failure-groups";
import { failureKinds } from "#src/kernel/failure";
import { expectLinear, repeated } from "../support.ts";

fc.configureGlobal({ seed: 42 });

const said = (message: string, condition = "a") => ({ condition, error: { kind: "unknown" as const, message } });
const groupsOf = (messages: readonly string[], most = 5) =>
  mostFrequent(messages.map((message) => said(message)).reduce(countFailure, emptyFailures), most);

describe("failures by what they say", () => {
  it("are counted together where only numbers and ids differ", () => {
    for (const alike of [
      ["item 7 is not there", "item 12 is not there"],
      ["request req_a1B2 failed", "request req_9zzX8 failed"],
      ["at 2026-11-28T10:00:00.000Z: closed", "at 2026-11-29T11:22:33.444Z: closed"],
      ["1f8e0000-aaaa-4bbb-8ccc-0123456789ab is gone", "20000000-bbbb-4ccc-8ddd-9876543210ab is gone"],
      ["took  longer\nthan 50 ms", "took longer than 1e3 ms"],
    ])
      expect(groupsOf(alike)).toMatchObject({
        groups: [{ message: alike[0]!.replace(/\s+/g, " "), times: 2 }],
        others: 0,
      });
    expect(groupsOf(["no such model", "no such file"]).groups).toHaveLength(2);
  });

  it("are all counted, the most frequent first, in each condition that had them", () => {
    const failures = fc.record({
      condition: fc.constantFrom("a", "__proto__", "constructor"),
      error: fc.record({ kind: fc.constantFrom(...failureKinds), message: fc.constantFrom("x", "y", "z1", "z2", "") }),
    });
    fc.assert(
      fc.property(fc.array(failures), fc.nat(6), (rows, most) => {
        const { groups, others } = mostFrequent(rows.reduce(countFailure, emptyFailures), most);
        expect(groups.reduce((sum, { times }) => sum + times, others)).toBe(rows.length);
        expect(groups.map(({ times }) => times)).toEqual(groups.map(({ times }) => times).sort((a, b) => b - a));
        for (const { times, conditions } of groups)
          expect(Object.values(conditions).reduce((sum, n) => sum + n, 0)).toBe(times);
      }),
    );
  });

  it("take memory that does not grow with their number, and say so of those that are left out", () => {
    const words = Array.from({ length: 26 * 26 }, (_, i) =>
      String.fromCharCode(97 + (i % 26), 97 + Math.floor(i / 26)),
    );
    const counts = words.map((word) => said(word)).reduce(countFailure, emptyFailures);
    expect([counts.groups.size, mostFrequent(counts, 3)]).toMatchObject([100, { others: 673 }]);
  });

  it("are one line without secrets, cut", () => {
    const [group] = groupsOf([`401:\nBearer abcdef123456 ${"x".repeat(1000)}`]).groups;
    expect(group!.message).toMatch(/^401: Bearer \[redacted\] x+ \.\.\.$/);
    expect(group!.message.length).toBeLessThan(310);
    expect(groupsOf([`${"x".repeat(299)}\u{1F600}${"y".repeat(9)}`]).groups[0]!.message).toBe(`${"x".repeat(299)} ...`);
  });

  it("take linear time on whatever they say", async () => {
    for (const word of ["a", "a1", "1.", "sk-", "- "])
      await expectLinear((text) => groupsOf([text, text]), repeated(word), 100_000);
  });
});
