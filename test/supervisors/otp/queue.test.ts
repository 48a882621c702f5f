import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Queue } from "#supervisors/otp/queue";

describe("a queue", () => {
  it("is first in, first out, as an array is, and takes out the first that is one, with what is alike before it", () => {
    const step = fc.oneof(
      fc.nat(5).map((item) => ({ push: item })),
      fc.constant({ shift: true }),
      fc.nat(5).map((item) => ({ take: item })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new Queue<number>();
        const model: number[] = [];
        for (const one of steps as { push?: number; shift?: true; take?: number }[]) {
          if (one.push !== undefined) {
            queue.push(one.push);
            model.push(one.push);
          } else if (one.take !== undefined) {
            const at = model.indexOf(one.take);
            const isAlike = (item: number) => item === one.take || item === 0;
            expect(queue.take((item) => item === one.take, isAlike)).toBe(at >= 0);
            model.splice(0, at + 1, ...model.slice(0, at + 1).filter((item) => !isAlike(item)));
          } else expect(queue.shift()).toBe(model.shift());
        }
        while (model.length > 0) expect(queue.shift()).toBe(model.shift());
        expect(queue.shift()).toBeUndefined();
      }),
    );
  });

  it("of 200,000 is read in a moment: an array's own shift would take minutes", () => {
    const queue = new Queue<object>();
    for (let n = 0; n < 200_000; n++) queue.push({ n });
    const began = performance.now();
    let read = 0;
    while (queue.shift()) read++;
    expect(read).toBe(200_000);
    expect(performance.now() - began).toBeLessThan(1000); // 10 ms where nothing else runs
  });
});
