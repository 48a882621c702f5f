import { userInfo } from "node:os";

/** Who asks, as the audit names them: `ada, process 4711`. */
export function operatorName(): string {
  return `${userName()}, process ${process.pid}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`; // a container may have no name for its user
  }
}
