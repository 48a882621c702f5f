import { describe, it } from "vitest";
import { inline } from "#src/execute/inline";
import { threads } from "#src/execute/threads";
import { type ExecutorUnderTest, executorContract } from "#src/testing/executor-contract";
import { twoThreads } from "./queue-contract.ts";

const executors: Readonly<Record<string, ExecutorUnderTest>> = {
  inline: { executor: () => inline(), isolates: false },
  threads: { executor: (file) => threads({ file, ...twoThreads }), isolates: true },
};

for (const [name, executor] of Object.entries(executors)) {
  describe(name, () => {
    for (const law of executorContract(executor)) it(law.name, law.check);
  });
}
