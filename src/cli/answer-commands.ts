import type { Command } from "commander";
import { settingsOptions } from "#src/app/setting-options";
import { addSettings, collectParameter, portNumber, positiveWhole, wholeNumber } from "./arguments.ts";
import { acceptOption } from "./shared-options.ts";

/** Settings of a run of judging: its items are pairs and its conditions judges, which have flags of their own. */
const ofPairs = Object.keys(settingsOptions.shape).filter((name) => name !== "condition" && name !== "item");

/** The commands that work on the answers of a run: other scores, labels by people, those that are not right. */
export function addAnswerCommands(program: Command, ended: (code: number) => void): void {
  const score = program
    .command("score <id>")
    .description("scores the stored answers of a run once more; asks for no answer again and overwrites no score")
    .option(
      "--file <path>",
      "experiment file with the scorers, or a file that exports a list of them (default: that of the run)",
    )
    .option("--scorer <names...>", "names of the scorers to score by (default: all)")
    .option("--name <name>", "name of the scoring; one that is stored is resumed (default: the names of its scorers)")
    .option("--retry-failed", "scores those answers again whose scoring failed")
    .option("--accept-dataset", "takes targets from a data set that was changed since")
    .option("-T <key=value>", "a parameter for the experiment file", collectParameter)
    .option("--json", "prints one JSON record a line on stdout, everything else on stderr");
  addSettings(score).action(async (id, flags) => ended(await (await import("./score.ts")).scoreRun(id, flags)));

  const pairs = program
    .command("pairs <id>")
    .description(
      "has judges compare the stored answers of a run's conditions, item by item, each pair twice with the positions swapped; asks for no answer again",
    )
    .option(
      "--judge <models...>",
      "models that judge, asked where the run asked its own; with --file, names of its judges",
    )
    .option("--file <path>", "a file that exports a list of judges by default: { name, backend, model }")
    .option("--compare <names...>", "conditions whose answers are compared (default: all)")
    .option("--baseline <name>", "compares each of the others with this condition alone")
    .option(
      "--criterion <text>",
      "what makes an answer better (default: that it is right, then that it serves the asker)",
    )
    .option("--id <name>", "id of the run of judging; one that is stored is resumed (default: <id>-pairs)")
    .option("-T <key=value>", "a parameter for the experiment file of the run", collectParameter)
    .addOption(acceptOption())
    .option("--yes", "goes ahead without asking what it may cost")
    .option("--json", "prints one JSON record a line on stdout, everything else on stderr");
  addSettings(pairs, ofPairs).action(async (id, flags) =>
    ended(await (await import("./pairs.ts")).judgeRun(id, flags)),
  );

  const label = program
    .command("label <id>")
    .description(
      "shows the answers of a run to people who label them, blind to their conditions; in a browser, or out and in as a file",
    )
    .option("--export <file>", "writes a CSV file with one answer a line, in an order by seed")
    .option("--import <file>", "takes the labels of such a file in: all of them, or none where one is wrong")
    .option(
      "--rater <name>",
      "who labels: asked for on the page when absent; with --export, whose labels are filled in already",
    )
    .option("--rubric <text>", "the instruction that the rater followed")
    .option("--new-rubric", "begins a new set of labels by another rubric")
    .option("--sample <n>", "answers to draw (default: all)", positiveWhole)
    .option("--seed <n>", "of the order and the draw (default: that of the run)", wholeNumber)
    .option("--port <n>", "of the page (default: any free one)", portNumber)
    .option("--json", "prints one JSON record on stdout");
  addSettings(label, ["checkpointDir"]).action(async (id, flags) =>
    ended(await (await import("./label.ts")).labelRun(id, flags)),
  );

  const digest = program
    .command("digest <id>")
    .description("groups the tasks of a run that failed or are wrong by what is said of them, with an example each")
    .option("--scoring <name>", "by another scoring of its answers, which `crucible score` made")
    .option("--json", "prints one JSON record a group");
  addSettings(digest, ["checkpointDir"]).action(async (id, flags) =>
    ended(await (await import("./digest.ts")).digestRun(id, flags)),
  );
}
