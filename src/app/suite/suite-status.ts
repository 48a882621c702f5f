import { type Accounting, account } from "#src/experiment/outcome";
import type { SharedPool } from "#src/policy/share";
import type { SuiteStop } from "#supervisors/suite";
import type { Member } from "./member.ts";
import type { PartedOptions } from "./prepare-suite.ts";
import type { SuiteStatusNow } from "./suite-handle.ts";

const NO_LIMITS = { maxParallel: 0 };

/** How far a suite has come. */
export interface SuiteSoFar {
  readonly members: readonly Member[];
  readonly pool: SharedPool | undefined;
  readonly parted: PartedOptions | undefined;
  readonly currency: string;
}

/** How a suite is doing now, as far as its steps have come. */
export function suiteStatus(
  suiteId: string,
  state: SuiteStatusNow["state"],
  { members, pool, parted, currency }: SuiteSoFar,
  stop: SuiteStop | undefined,
): SuiteStatusNow {
  const experiments = members.map((member) => {
    const run = member.handle?.status();
    const { name, status, reason, parts } = member;
    const why = reason === undefined ? {} : { reason };
    return { name, experimentId: parts.experimentId, status, ...why, ...(run ? { run } : {}) };
  });
  return {
    suiteId,
    state: state === "running" && stop ? "stopping" : state,
    experiments,
    accounting: accountingOf(members),
    tasksPerSecond: experiments.reduce(
      (sum, { status, run }) => sum + (status === "running" ? (run?.tasksPerSecond ?? 0) : 0),
      0,
    ),
    cost: pool?.spent() ?? 0,
    reserved: pool?.sum(({ reserved }) => reserved) ?? 0,
    currency,
    limits: pool?.limits ?? NO_LIMITS,
    ...(parted ? { store: parted.checkpointDir } : {}),
  };
}

/** The tasks of all runs that have begun. */
export function accountingOf(members: readonly Member[]): SuiteStatusNow["accounting"] {
  const { open: _, ...sum }: { -readonly [Name in keyof Accounting]: Accounting[Name] } = account(0, []);
  let isOpen = false;
  for (const { handle, report } of members) {
    const own = report?.accounting ?? handle?.status().accounting;
    if (own) for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += own[name];
    isOpen ||= own?.open === true;
  }
  return { ...sum, ...(isOpen ? { open: true } : {}) };
}
