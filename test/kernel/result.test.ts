import { expect, it } from "vitest";
import { collect, err, mapOk, ok, type Result } from "#src/kernel/result";

it("changes a value and leaves an error as it is", () => {
  const double = (result: Result<number>) => mapOk(result, (value) => value * 2);
  expect(double(ok(21))).toEqual(ok(42));
  expect(double(err("too-few"))).toEqual(err("too-few"));
});

it("collects all values in order, or the first error without reading on", () => {
  expect(collect([ok(1), ok(2), ok(3)])).toEqual(ok([1, 2, 3]));
  const read: string[] = [];
  function* results(): Generator<Result<number>> {
    for (const error of ["first", "second"]) {
      read.push(error);
      yield err(error);
    }
  }
  expect(collect(results())).toEqual(err("first"));
  expect(read).toEqual(["first"]);
});
