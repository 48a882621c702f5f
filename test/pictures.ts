import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Locator, Page } from "playwright-core";
import { atLabelDesk } from "#src/app/label-desk";
import { openInspector } from "#src/inspector/inspector";
import { escapeXml } from "#src/reports/escape";
import { openLabelPages } from "#src/viewer/label-pages";
import { openRuns } from "#src/viewer/runs";
import { openViewer } from "#src/viewer/server";
import { missing } from "../examples/small-model.ts";
import { openBrowser, openPage } from "./real/browser.ts";
import { crucibleCommand } from "./real/command.ts";

/**
 * Makes the pictures of README and documents from the examples: `npm run pictures`. Needs Chromium and pngquant, both packages of Debian, so it is
 * no part of `npm test`.
 */
const pictures = resolve("docs/pictures");
const work = mkdtempSync(join(tmpdir(), "crucible-pictures-"));
const checkpoints = join(work, "checkpoints");

/** Runs an example to its end. @returns what it printed, with colours */
const crucible = (...args: string[]): Promise<string> =>
  new Promise((done, reject) => {
    const env = { ...process.env, FORCE_COLOR: "1", COLUMNS: "104" };
    const child = spawn(process.execPath, [...crucibleCommand, ...args, "--checkpoints", checkpoints], { env });
    let printed = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => {
        printed += chunk;
      });
    child.on("close", (code) => (code === 0 ? done(printed) : reject(new Error(printed))));
  });

/** Saves what is seen, with as few colours as show it. */
async function save(
  seen: Page | Locator,
  name: string,
  { clip, most = 64 }: { clip?: { width: number; height: number }; most?: number } = {},
): Promise<void> {
  const path = join(pictures, `${name}.png`);
  const options = { path, animations: "disabled" as const };
  if ("goto" in seen) await seen.screenshot({ ...options, ...(clip ? { clip: { x: 0, y: 0, ...clip } } : {}) });
  else await seen.screenshot(options);
  execFileSync("pngquant", ["--force", "--strip", "--speed", "1", "--output", path, String(most), path]);
  console.log(`${name}.png: ${Math.round(statSync(path).size / 1024)} kB`);
}

const colours: Readonly<Record<string, string>> = {
  31: "#ff7b72",
  32: "#7ee2a8",
  33: "#e3b341",
  34: "#79b8ff",
  36: "#7cd4e6",
};

/** Text with the codes of a terminal as HTML. */
function terminalHtml(text: string): string {
  let style = "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's own codes
  const parts = text.split(/\x1b\[([\d;]*)m/);
  const body = parts.map((part, i) => {
    if (i % 2 === 0) return style ? `<span style="${style}">${escapeXml(part)}</span>` : escapeXml(part);
    for (const code of part.split(";")) {
      if (code === "1") style += "font-weight:700;";
      else if (code === "2") style += "opacity:.65;";
      else if (colours[code]) style += `color:${colours[code]};`;
      else style = "";
    }
    return "";
  });
  return `<body style="margin:0;background:#0d1117"><pre style="margin:0;padding:18px 22px;width:112ch;white-space:pre-wrap;font:13px/1.45 'DejaVu Sans Mono',monospace;color:#e6edf3">${body.join("")}</pre></body>`;
}

async function pageOf(browser: Browser, address: string, width = 1200, height = 780): Promise<Page> {
  const page = await openPage(browser, { colorScheme: "light", viewport: { width, height } });
  await page.goto(address);
  return page;
}

const browser = await openBrowser();
try {
  const example = ["run", "examples/language-identification.ts", "--id", "languages", "--yes"];
  const printed = await crucible(...example, "--formats", "html", "--out", work);
  const lines = printed.replaceAll(`${work}/`, "").split("\n");
  const from = lines.findIndex((line) => line.includes("planned ="));
  const terminal = await openPage(browser);
  await terminal.setContent(terminalHtml(lines.slice(Math.max(0, from)).join("\n").trimEnd()));
  await save(terminal.locator("pre"), "terminal", { most: 8 });

  const file = readdirSync(work).find((name) => name.endsWith(".html"))!;
  const report = await pageOf(browser, pathToFileURL(join(work, file)).href, 1200, 800);
  await save(report, "report", { clip: { width: 1200, height: 800 } });
  await save(report.locator("#figure-sweep-accuracy"), "sweep");

  await crucible("run", "examples/tool-faults.ts", "--id", "faults", "--yes", "--formats", "html", "--out", work);
  const faulted = await pageOf(browser, pathToFileURL(join(work, "faults_report.html")).href, 1200, 800);
  await save(faulted.locator("#faulted"), "faults", { most: 32 });

  const weights = resolve(process.env.CRUCIBLE_SHARED ?? "../shared", "data/stories260K/stories260K.gguf");
  const why = missing(weights);
  if (why === undefined) {
    const small = ["run", "examples/small-model-tools.ts", "-T", `weights=${weights}`, "--id", "small", "--yes"];
    await crucible(...small, "--formats", "html", "--out", work);
    const real = await pageOf(browser, pathToFileURL(join(work, "small_report.html")).href, 1200, 800);
    await save(real.locator("#faulted"), "faults-small-model", { most: 32 });
  } else console.log(`faults-small-model.png stays as it is: ${why}`);

  const runs = openRuns(checkpoints);
  const viewer = await openViewer(runs);
  const overview = await pageOf(browser, viewer.url.replace("/?", "/run/languages?"));
  await overview.locator(".verdict").first().waitFor();
  await save(overview, "viewer", { clip: { width: 1200, height: 780 } });
  await overview.getByRole("link", { name: "Matrix" }).click();
  await overview.locator("td.answer").first().waitFor();
  await save(overview, "matrix", { clip: { width: 1200, height: 780 }, most: 32 });
  await viewer.close();
  runs.close();

  await crucible("run", "examples/solver-chain.ts", "--id", "chain", "--yes", "--formats", "json", "--out", work);
  await atLabelDesk("chain", { checkpointDir: checkpoints }, async (desk) => {
    const rubric = "Right if the last number of the reply is the number asked for";
    for (let i = 0; i < 3; i++) await desk.give({ task: (await desk.at(i))!.task, label: "C", rater: "ada", rubric });
    const door = await openLabelPages(desk);
    const labels = await pageOf(browser, door.url, 1000, 760);
    await labels.getByRole("link", { name: "ada" }).click();
    await labels.getByRole("heading", { name: /^Answer 4/ }).waitFor();
    await save(labels, "labels", { clip: { width: 1000, height: 760 } });
    await door.close();
  });

  const inspector = await openInspector();
  await crucible(
    "run",
    "examples/retries.ts",
    "--yes",
    "--formats",
    "json",
    "--out",
    work,
    "--inspect",
    inspector.feed,
  );
  const inspected = await pageOf(browser, inspector.url, 1200, 900);
  await inspected.getByRole("link", { name: "limiter", exact: true }).click();
  await inspected.getByRole("heading", { name: "Statechart" }).waitFor();
  await save(inspected, "statechart", { clip: { width: 1200, height: 900 } });
  await inspector.close();
} finally {
  await browser.close();
  rmSync(work, { recursive: true, force: true });
}
process.exit(0);
