import { RolloutError } from "@headgate/core/errors";
import { defineCommand } from "../command.ts";
import { flagOf, GLOBAL_FLAGS } from "../program.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** What may follow the words of one command. */
interface Completions {
  /** "local start"; "" for the program itself. */
  readonly path: string;
  readonly words: readonly string[];
}

export const completion = defineCommand({
  path: "completion",
  description: "Prints a script for your shell to read.",
  examples: [
    ["headgate completion bash > /etc/bash_completion.d/headgate", "For everybody on this machine"],
    ["headgate completion zsh > ~/.zfunc/_headgate", "With ~/.zfunc in fpath"],
    ["headgate completion fish > ~/.config/fish/completions/headgate.fish", "For fish"],
  ],
  arguments: [{ name: "shell", help: `One of ${SHELLS.join(", ")}`, required: true }],
  options: {},
  run: async (_options, { arguments: [shell] }) => {
    if (!isShell(shell)) {
      throw new RolloutError(
        "USAGE",
        `"${shell}" is not a shell we know; there are ${SHELLS.join(", ")}`,
        {
          hint: "headgate completion bash",
        },
      );
    }
    return { value: { shell, script: scriptFor(shell, await completions()) } };
  },
  render: ({ script }) => [script],
});

function isShell(text: string | undefined): text is Shell {
  return SHELLS.some((shell) => shell === text);
}

async function completions(): Promise<Completions[]> {
  const { COMMANDS } = await import("./table.ts");
  const nouns = new Map<string, ReadonlySet<string>>();
  const leaves: Completions[] = [];
  for (const entry of COMMANDS) {
    const command = await entry.load();
    const flags = Object.keys(command.options).map(flagOf);
    leaves.push({ path: entry.path, words: [...flags, ...GLOBAL_FLAGS] });
    const words = entry.path.split(" ");
    for (let depth = 1; depth <= words.length; depth++) {
      const noun = words.slice(0, depth).join(" ");
      nouns.set(noun, new Set([...(nouns.get(noun) ?? []), ...words.slice(depth, depth + 1)]));
    }
  }
  const groups = [...nouns].filter(([, verbs]) => verbs.size > 0);
  const first = [...nouns.keys()].filter((noun) => !noun.includes(" "));
  return [
    { path: "", words: [...first, ...GLOBAL_FLAGS] },
    ...groups.map(([path, verbs]) => ({ path, words: [...verbs] })),
    ...leaves,
  ];
}

function scriptFor(shell: Shell, all: readonly Completions[]): string {
  switch (shell) {
    case "bash":
      return bashScript(all);
    case "zsh":
      // zsh reads bash's completions through its own bridge.
      return `#compdef headgate\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(all)}`;
    case "fish":
      return fishScript(all);
    default:
      return shell satisfies never;
  }
}

function bashScript(all: readonly Completions[]): string {
  const cases = all.map(({ path, words }) => `    "${path}") candidates="${words.join(" ")}" ;;`);
  return `_headgate() {
  local word path="" candidates=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases.join("\n")}
    *) COMPREPLY=(); return ;;
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _headgate headgate`;
}

function fishScript(all: readonly Completions[]): string {
  const lines = all.flatMap(({ path, words }) => {
    const condition =
      path === ""
        ? "__fish_use_subcommand"
        : path
            .split(" ")
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join("; and ");
    return words.map((word) =>
      word.startsWith("--")
        ? `complete -c headgate -n '${condition}' -l ${word.slice(2)}`
        : `complete -c headgate -n '${condition}' -f -a ${word}`,
    );
  });
  return lines.join("\n");
}
