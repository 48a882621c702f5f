import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { askGit, environment } from "#src/app/environment";
import { temporaryFolder } from "../support.ts";

const here = temporaryFolder();
const git = (...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], {
    cwd: here,
    encoding: "utf8",
  }).trim();

it("askGit gives the commit and whether files differ from it, and nothing where there is no commit", () => {
  expect(askGit(join(here, "nowhere"))).toBeUndefined();
  git("init", "--quiet");
  expect(askGit(here)).toBeUndefined();
  git("commit", "--quiet", "--allow-empty", "--message", "first");
  const commit = git("rev-parse", "HEAD");
  expect(askGit(here)).toEqual({ commit, dirty: false });
  writeFileSync(join(here, "new.txt"), "");
  expect(askGit(here)).toEqual({ commit, dirty: true });
  git("add", "new.txt");
  expect(askGit(here)).toEqual({ commit, dirty: true });
  git("commit", "--quiet", "--message", "second");
  expect(askGit(here)).toEqual({ commit: git("rev-parse", "HEAD"), dirty: false });
  expect(environment(here).git).toEqual(askGit(here));
});
