import { checkSpec, InvariantError, RolloutError } from "@headgate/core";
import { writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { defineCommand, type Globals } from "../command.ts";
import { DEFAULT_SPEC_FILE } from "../spec-file.ts";

interface FunctionAnswers {
  readonly functionName: string;
  readonly alias: string;
  readonly folder: string;
}

interface StageAnswers {
  readonly api: string;
  readonly stage: string;
  /** Undefined for the API as it is. */
  readonly openApi: string | undefined;
}

type Answers = FunctionAnswers | StageAnswers;

export const init = defineCommand({
  path: "init",
  description: "Asks for what is not given, on a terminal; never overwrites a file.",
  examples: [
    ["headgate init", "Ask, then write headgate.yaml"],
    ["headgate init --function checkout --alias live --folder src", "Ask nothing"],
    ["headgate init --api shop --stage prod --open-api api.json", "For a stage of API Gateway"],
  ],
  options: {
    function: { type: "string", value: "name", help: "The Lambda function to release" },
    alias: { type: "string", value: "name", help: "Its alias that takes the traffic" },
    folder: { type: "string", value: "path", help: "The folder that holds its code" },
    api: { type: "string", value: "id or name", help: "Instead of a function, a REST API" },
    stage: { type: "string", value: "name", help: "The API's stage that takes the traffic" },
    openApi: {
      type: "string",
      value: "path",
      help: "The API's OpenAPI document (default: the API as it is)",
    },
    file: { type: "string", value: "path", help: "Where to write", default: DEFAULT_SPEC_FILE },
  },
  run: async (options, { globals }) => {
    const { api, stage, openApi } = options;
    const answers =
      api === undefined && stage === undefined && openApi === undefined
        ? await complete(
            { functionName: options.function, alias: options.alias, folder: options.folder },
            globals,
          )
        : stageAnswers(options);
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

/** @throws {RolloutError} USAGE when the two kinds are mixed, or one of the two names is missing. */
function stageAnswers(given: {
  readonly api: string | undefined;
  readonly stage: string | undefined;
  readonly openApi: string | undefined;
  readonly function: string | undefined;
  readonly alias: string | undefined;
  readonly folder: string | undefined;
}): StageAnswers {
  const { api, stage, openApi } = given;
  const stray = (["function", "alias", "folder"] as const).find(
    (name) => given[name] !== undefined,
  );
  const hint = "headgate init --api shop --stage prod";
  if (stray !== undefined) {
    throw new RolloutError(
      "USAGE",
      `--${stray} is for a function, and a stage of an API is named`,
      {
        hint,
      },
    );
  }
  if (api === undefined || stage === undefined) {
    const missing = api === undefined ? "--api" : "--stage";
    throw new RolloutError("USAGE", `${missing} is missing: a stage of an API needs both`, {
      hint,
    });
  }
  return { api, stage, openApi };
}

async function complete(
  given: {
    readonly functionName: string | undefined;
    readonly alias: string | undefined;
    readonly folder: string | undefined;
  },
  globals: Globals,
): Promise<FunctionAnswers> {
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

/** What differs between the kinds: the name of the rollouts, and target and revision. */
function beginning(answers: Answers): { readonly name: string; readonly text: string } {
  if ("functionName" in answers) {
    const { functionName, alias, folder } = answers;
    const text = `target:
  lambda:
    function: ${JSON.stringify(functionName)}
    alias: ${JSON.stringify(alias)}

revision:
  folder: ${JSON.stringify(folder)}`;
    return { name: functionName, text };
  }
  const { api, stage, openApi } = answers;
  const revision =
    openApi === undefined
      ? "  # The API as it is now; or `openApi: api.json`, which the API becomes first.\n  apiAsItIs: true"
      : `  # The API becomes this document before it is released.\n  openApi: ${JSON.stringify(openApi)}`;
  const text = `target:
  apiGateway:
    api: ${JSON.stringify(api)}
    stage: ${JSON.stringify(stage)}

revision:
${revision}`;
  return { name: api, text };
}

function template(answers: Answers): string {
  const { name, text } = beginning(answers);
  return `# What Headgate releases, and how. Check with \`headgate lint\`, preview with \`headgate plan\`, go with \`headgate deploy\`.
name: ${JSON.stringify(name.replaceAll(/[^A-Za-z0-9_-]/g, "-"))}

${text}

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
