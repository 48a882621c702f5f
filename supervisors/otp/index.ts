/** OTP supervisors for XState actors. `docs/supervision/otp-table.md` has the table "OTP -> here". */
export { crash, type Exit, isNormal, killed, normal, shutdown } from "#src/kernel/exit";
export type { RestartType } from "#src/policy/restart";
export type { AutoShutdown, Strategy } from "#src/policy/strategy";
export { type ActorDown, type AskError, ask, exited, monitor } from "./ask.ts";
export {
  type Answer,
  type CallError,
  type ChildCounts,
  type ChildInfo,
  countChildren,
  deleteChild,
  getChildSpec,
  type Request,
  type RestartEntry,
  request,
  restartChild,
  resume,
  type Started,
  startChild,
  suspend,
  terminateChild,
  whichChild,
  whichChildren,
} from "./call.ts";
export { checkChildSpecs } from "./check-spec.ts";
export type {
  AnySnapshot,
  ChildSpec,
  Incarnation,
  RestartBackoff,
  RestartDelay,
  ShownSpec,
  Shutdown,
  StartResult,
  SupervisorFlags,
} from "./child-spec.ts";
export {
  broadcast,
  type ChildTemplate,
  type DynamicSupervisorLogic,
  type DynamicSupervisorOptions,
  dynamicSupervisor,
  type PoolFact,
  type PoolView,
  spawn,
} from "./dynamic.ts";
export {
  type ExitRequest,
  type ExitSignal,
  exit,
  exitOf,
  exitSignal,
  guard,
  isAlive,
  type ShutdownRequest,
  type TrapsExit,
} from "./exit.ts";
export { observe, type SupervisionFact, type TreeFact } from "./facts.ts";
export { type PartitionOptions, partition, partitionSupervisor, partitions } from "./partition.ts";
export {
  dispatch,
  keys,
  lookup,
  type Ref,
  type Registration,
  type RegistryEvent,
  type RegistryLogic,
  ref,
  register,
  registry,
  unregister,
  updateValue,
  watch,
} from "./registry.ts";
export { SpecError } from "./spec-error.ts";
export { type SupervisorLogic, type SupervisorOptions, supervisor } from "./supervisor.ts";
export { type Statistics, sys } from "./sys.ts";
export {
  type MapOptions,
  mapTasks,
  type Task,
  type TaskFunction,
  type TaskOptions,
  type TaskResult,
  task,
  taskSupervisor,
} from "./task.ts";
export { printTree, type SupervisionTree, tree } from "./tree.ts";
export { BootError, type StopOptions, stop, up } from "./up-and-down.ts";
