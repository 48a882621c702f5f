import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseText } from "#src/app/setting-options";
import { isMeantBy, listIn, listOf } from "#src/kernel/glob";

fc.configureGlobal({ seed: 42 });

const exactly = (id: string): string => id.replace(/[*?\\]/g, "\\$&");

describe("a list in a flag", () => {
  it("gives back every list of ids, with commas and signs of patterns in them", () => {
    const ids = fc.array(
      fc.string({ minLength: 1 }).filter((id) => !id.includes("\\")),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(ids, (list) => {
        expect(listIn(listOf(list))).toEqual(list);
      }),
    );
  });

  it("is that of items, conditions and formats", () => {
    expect(parseText("item", "a\\,b,q\\*1", "--item")).toEqual(["a,b", "q\\*1"]);
    expect(parseText("condition", "7", "--condition")).toEqual(["7"]);
    expect(() => parseText("item", "a,,b", "--item")).toThrow('--item[1] must not be empty, got ""');
    expect(() => parseText("item", "", "--item")).toThrow('--item[0] must not be empty, got ""');
    expect(() => parseText("formats", "html,pdf", "--formats")).toThrow('--formats[1] must be one of "markdown"');
  });
});

describe("a pattern", () => {
  it("whose signs stand behind a backslash means one text alone", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (id, other) => {
        expect(isMeantBy(exactly(id), id)).toBe(true);
        expect(isMeantBy(exactly(id), other)).toBe(id === other || exactly(id) === other);
      }),
    );
    expect(["q*1", "qX1"].filter((id) => isMeantBy("q\\*1", id))).toEqual(["q*1"]);
    expect(["q*1", "qX1"].filter((id) => isMeantBy("q*1", id))).toEqual(["q*1", "qX1"]);
    expect(isMeantBy("c:\\data\\*", "c:\\data\\1")).toBe(false); // a backslash before a star is for the star
    expect(isMeantBy("c:\\data*", "c:\\data\\1")).toBe(true);
  });
});
