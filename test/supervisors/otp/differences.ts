import type { Scenario } from "./recording.ts";

/** A place where this package does not do what OTP 25 does, on purpose. `docs/supervision/otp-table.md` gives the reasons to users. */
export interface KnownDifference {
  id: string;
  why: string;
  /** The recording as it would be without the quirk. */
  expected: (recording: Scenario) => Scenario;
}

export const knownDifferences: KnownDifference[] = [
  {
    id: "simple-restarting-terminate",
    why: "OTP 25 counts an instance that was terminated while restarting as inactive forever; `active` is right here",
    expected: (recording) =>
      edit(recording, (text) =>
        text.replaceAll(
          '"active":0,"specs":1,"supervisors":0,"workers":1',
          '"active":1,"specs":1,"supervisors":0,"workers":1',
        ),
      ),
  },
  {
    id: "simple-restart-ignore",
    why: "OTP 25 keeps an instance whose restart was ignored, and crashes when it stops (erlang/otp#8215); it is forgotten here",
    expected: (recording) =>
      edit(recording, (text) =>
        text
          .replace('"result":{"ok":[{"id":null,"state":"undefined","type":"worker"}]}', '"result":{"ok":[]}')
          .replace(
            '"active":1,"specs":1,"supervisors":0,"workers":1',
            '"active":0,"specs":1,"supervisors":0,"workers":0',
          )
          .replace('"function_clause"', '"shutdown"'),
      ),
  },
];

const edit = (recording: Scenario, change: (text: string) => string): Scenario => {
  const text = JSON.stringify(recording);
  const changed = change(text);
  if (changed === text) throw new Error(`the known difference ${recording.id} does not apply to this recording`);
  return JSON.parse(changed);
};
