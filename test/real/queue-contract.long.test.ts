import { inline } from "#src/execute/inline";
import { threads } from "#src/execute/threads";
import { queueContract, twoThreads } from "../contracts/queue-contract.ts";

queueContract("with one event loop in its worker", inline, { isolates: false });
/** Two executors that keep the contract by themselves, one inside the other. */
queueContract("with threads in its worker", (file) => threads({ file, ...twoThreads }), { isolates: true });
