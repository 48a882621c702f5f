/** For tests of experiments, and of plugs: faults to order, a clock to turn by hand, facts in order, invariants, contracts, a server that fails. */

export { InjectedFault } from "#src/app/fault-actors";
export { type BackendUnderTest, backendContract, type Law } from "./backend-contract.ts";
export type { Decision } from "./draws.ts";
export { type ExecutorUnderTest, executorContract, executorScope, type ScopeOptions } from "./executor-contract.ts";
export { type Exploration, type ExploreOptions, explore, type FoundViolation } from "./explore.ts";
export { type FactRecording, factsOf } from "./facts.ts";
export { type FaultRule, type FaultSchedule, faultSchedule } from "./fault-schedule.ts";
export { type FaultServer, type FaultServerOptions, faultServer, type ServerFault } from "./fault-server.ts";
export { faults } from "./faults.ts";
export { checkInvariants } from "./invariants.ts";
export { type ManualClock, manualClock } from "./manual-clock.ts";
export { type AttemptRecord, type ObservedRun, observe, type RunRecord } from "./observe.ts";
export { type RendererUnderTest, rendererContract } from "./renderer-contract.ts";
export { type ScorerUnderTest, scorerContract } from "./scorer-contract.ts";
export { type Covered, untouched } from "./sim-coverage.ts";
export { defaultFaults } from "./sim-default-faults.ts";
export { type SimulatedRun, type SimulatedRunOptions, simulateRun } from "./sim-run.ts";
export {
  replay,
  type SimulatedWorld,
  type Simulation,
  type SimulationBody,
  SimulationError,
  simulate,
} from "./simulate.ts";
