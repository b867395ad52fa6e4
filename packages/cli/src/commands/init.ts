import { checkSpec, InvariantError, RolloutError } from "@headgate/core";
import { writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { defineCommand, type Globals } from "../command.ts";
import { DEFAULT_SPEC_FILE } from "../spec-file.ts";

interface Answers {
  readonly functionName: string;
  readonly alias: string;
  readonly folder: string;
}

export const init = defineCommand({
  path: "init",
  description: "Asks for what is not given, on a terminal; never overwrites a file.",
  examples: [
    ["headgate init", "Ask, then write headgate.yaml"],
    ["headgate init --function checkout --alias live --folder src", "Ask nothing"],
  ],
  options: {
    function: { type: "string", value: "name", help: "The Lambda function to release" },
    alias: { type: "string", value: "name", help: "Its alias that takes the traffic" },
    folder: { type: "string", value: "path", help: "The folder that holds its code" },
    file: { type: "string", value: "path", help: "Where to write", default: DEFAULT_SPEC_FILE },
  },
  run: async (options, { globals }) => {
    const answers = await complete(
      { functionName: options.function, alias: options.alias, folder: options.folder },
      globals,
    );
    const text = template(answers);
    const { spec, findings } = checkSpec(text);
    if (spec === undefined) {
      const [first] = findings;
      if (first?.path.startsWith("target") !== true && first?.path !== "name") {
        throw new InvariantError(`the template of headgate init is not valid: ${first?.message}`);
      }
      throw new RolloutError("USAGE", `${first.path}: ${first.message}`, {
        hint: "See `headgate init --help`.",
      });
    }
    await writeNew(options.file, text);
    return { value: { file: options.file, ...answers } };
  },
  render: ({ file }, style) => [
    `wrote ${style.bold(file)}`,
    `next: look it over, then \`headgate plan\`${file === DEFAULT_SPEC_FILE ? "" : ` ${file}`}`,
  ],
});

async function complete(
  given: {
    readonly functionName: string | undefined;
    readonly alias: string | undefined;
    readonly folder: string | undefined;
  },
  globals: Globals,
): Promise<Answers> {
  const { functionName, alias, folder } = given;
  if (functionName !== undefined && alias !== undefined && folder !== undefined) {
    return { functionName, alias, folder };
  }
  if (!process.stdin.isTTY || globals.json || globals.yes) {
    throw new RolloutError(
      "USAGE",
      "init needs --function, --alias and --folder when nobody can be asked",
      {
        hint: "headgate init --function checkout --alias live --folder src",
      },
    );
  }
  const { text, isCancel } = await import("@clack/prompts");
  const ask = async (message: string, initialValue: string): Promise<string> => {
    const answer = await text({ message, initialValue });
    if (isCancel(answer)) {
      throw new RolloutError("USAGE", "init was cancelled; nothing was written", { hint: "" });
    }
    return answer;
  };
  return {
    functionName: functionName ?? (await ask("Which Lambda function?", basename(process.cwd()))),
    alias: alias ?? (await ask("Which alias takes the traffic?", "live")),
    folder: folder ?? (await ask("Which folder holds the code?", "src")),
  };
}

function template({ functionName, alias, folder }: Answers): string {
  return `# Headgate releases this function. Check with \`headgate lint\`, preview with \`headgate plan\`, go with \`headgate deploy\`.
name: ${JSON.stringify(functionName.replaceAll(/[^A-Za-z0-9_-]/g, "-"))}

target:
  lambda:
    function: ${JSON.stringify(functionName)}
    alias: ${JSON.stringify(alias)}

revision:
  folder: ${JSON.stringify(folder)}

# The weight rises as fast as the proven risk allows: at most so many failed requests before a bad version is out.
strategy:
  budget:
    failures: 5
    maxTime: 2h

# Both versions are compared all the time; the new one gets everything when it is proved no worse.
# \`headgate plan\` says what that can find with your traffic.
analysis:
  # When nothing is proved in time: hold (a person decides), abort or promote.
  underpowered: hold

# Names of CloudWatch alarms. One that fires takes the new version out.
alarms: []

deadline: 4h
`;
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(resolve(file), text, { flag: "wx" });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    const message =
      code === "EEXIST"
        ? `${file} is there already; nothing was written`
        : `cannot write ${file} (${code})`;
    throw new RolloutError("USAGE", message, { hint: "Choose another place with --file.", cause });
  }
}
