import type { Argument, Command, Option } from "commander";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** A command as a shell completes it. */
interface Completed {
  /** Its words: `dlq list`. */
  readonly words: readonly string[];
  readonly about: string;
  readonly options: readonly Option[];
  /** Whether its argument is the id of a run. */
  readonly takesId: boolean;
}

/** A script that completes commands, options, their choices and the ids of runs, made from the commands themselves. */
export function completionScript(program: Command, shell: Shell): string {
  const commands = completedIn(program, []);
  if (shell === "fish") return fish(commands);
  const head =
    shell === "zsh" ? "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" : "";
  return `${head}${bash(commands)}`;
}

function completedIn(command: Command, words: readonly string[]): Completed[] {
  return command.commands.flatMap((one) => {
    const own = [...words, one.name()];
    const takesId = one.registeredArguments.some((argument: Argument) => /^ids?$/.test(argument.name()));
    const options = one.options.filter(({ hidden }) => !hidden);
    return [{ words: own, about: one.description(), options, takesId }, ...completedIn(one, own)];
  });
}

const flagsOf = ({ long, short }: Option): string[] => [long, short].filter((flag) => flag !== undefined);
/** The words that may stand after some words. */
const below = (commands: readonly Completed[], words: readonly string[]): string[] =>
  commands
    .filter((one) => one.words.length === words.length + 1 && words.every((word, i) => one.words[i] === word))
    .map((one) => one.words.at(-1)!);

const IDS = `for f in "\${CRUCIBLE_CHECKPOINT_DIR:-checkpoints}"/*.db; do [ -e "$f" ] && basename "$f" .db; done`;

function bash(commands: readonly Completed[]): string {
  const choices = commands.flatMap(({ words, options }) =>
    options.flatMap((option) =>
      option.argChoices
        ? flagsOf(option).map(
            (flag) => `    ${quoted(`${words.join(" ")} ${flag}`)}) words=${quoted(option.argChoices!.join(" "))} ;;`,
          )
        : takesValue(option)
          ? flagsOf(option).map((flag) => `    ${quoted(`${words.join(" ")} ${flag}`)}) return ;;`)
          : [],
    ),
  );
  const own = commands.map(({ words, options, takesId }) => {
    const further = below(commands, words).join(" ");
    const ids = takesId ? "$(_crucible_ids)" : "";
    return `    ${quoted(words.join(" "))}) case $current in -*) words=${quoted(options.flatMap(flagsOf).join(" "))} ;; *) words="${[further, ids].filter(Boolean).join(" ")}" ;; esac ;;`;
  });
  const parents = commands.map(({ words }) => words).filter((words) => below(commands, words).length > 0);
  return `_crucible_ids() { ${IDS}; }
_crucible() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="" command="" words="" f
  [ "$COMP_CWORD" -gt 1 ] && command="\${COMP_WORDS[1]}" && before="\${COMP_WORDS[COMP_CWORD-1]}"
  case "$command" in ${parents.map((words) => quoted(words.join(" "))).join("|")}) [ "$COMP_CWORD" -gt 2 ] && command="$command \${COMP_WORDS[2]}" ;; esac
  COMPREPLY=()
  case "$command $before" in
${choices.join("\n")}
  esac
  [ -z "$words" ] && case "$command" in
    "") words=${quoted(below(commands, []).join(" "))} ;;
${own.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _crucible crucible
`;
}

const takesValue = (option: Option): boolean => option.required || option.optional;

function fish(commands: readonly Completed[]): string {
  const lines = commands.flatMap(({ words, about, options, takesId }) => {
    const [name, ...rest] = [...words].reverse();
    const where = rest.length === 0 ? "__fish_use_subcommand" : `__fish_seen_subcommand_from ${rest.join(" ")}`;
    const within = words.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
    return [
      `complete -c crucible -n ${quoted(where)} -a ${name} -d ${quoted(firstSentence(about))}`,
      ...(takesId ? [`complete -c crucible -n ${quoted(within)} -a '(__crucible_ids)'`] : []),
      ...options.map((option) =>
        [
          `complete -c crucible -n ${quoted(within)}`,
          option.long ? `-l ${option.long.slice(2)}` : "",
          option.short ? `-s ${option.short.slice(1)}` : "",
          takesValue(option) ? "-r" : "",
          option.argChoices ? `-a ${quoted(option.argChoices.join(" "))}` : "",
          `-d ${quoted(firstSentence(option.description))}`,
        ]
          .filter(Boolean)
          .join(" "),
      ),
    ];
  });
  const ids = `function __crucible_ids
  set -l folder checkpoints
  set -q CRUCIBLE_CHECKPOINT_DIR; and set folder $CRUCIBLE_CHECKPOINT_DIR
  for file in $folder/*.db
    basename $file .db
  end
end`;
  return `${ids}\n${lines.join("\n")}\n`;
}

/** As much of a sentence as a list in a shell has room for. */
const firstSentence = (text: string): string => text.split(/[;:(]/, 1)[0]!.trim().slice(0, 100);

/** One word of any of the shells. */
const quoted = (text: string): string => `'${text.replaceAll("'", "’")}'`;
