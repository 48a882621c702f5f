import { expect, it } from "vitest";
import { datasetNames, registerDataset, registeredDataset } from "#src/dataset/registry";

it("a data set is known by the name it was registered under, the last one winning", () => {
  const [older, newer] = [() => [1], () => [2]];
  registerDataset("squad", older);
  registerDataset("squad", newer);
  expect(registeredDataset("squad")).toBe(newer);
  expect(registeredDataset("squat")).toBeUndefined();
  expect(datasetNames()).toEqual(["squad"]);
});

it("a name must not be empty", () => {
  expect(() => registerDataset(" ", () => [])).toThrow('registerDataset name must not be empty, got " "');
});
