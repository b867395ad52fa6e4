// Makes docs/errors.md from the tables of errors in core and drivers. Run by `npm run docs:errors`.
import { type ErrorCode, ERRORS, type RolloutError } from "../packages/core/src/errors.ts";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { translateAwsError } from "../packages/drivers/src/aws/errors.ts";
import { ERROR_ADVICE } from "./error-advice.ts";

/** Where the page is. */
export const ERROR_REFERENCE_FILE = join(import.meta.dirname, "../docs/errors.md");

const WHO = { user: "you", platform: "the platform", headgate: "Headgate" } as const;
const AGAIN = {
  never: "no, not before something has changed",
  later: "yes, later",
  reread: "yes, once the split has been looked at",
} as const;

/** The whole page. */
export function errorReference(): string {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  return `${[INTRODUCTION, table(codes), "", ...codes.map(section), awsSection()].join("\n")}\n`;
}

const INTRODUCTION = `# Errors

<!-- Made by \`npm run docs:errors\` from the tables in packages/core/src/errors.ts and packages/drivers/src/aws/errors.ts. -->

Every failure that Headgate can tell of has a code. A command that fails prints \`error\`, what happened, and \`do:\`, what to
do next. With \`--json\` it also prints \`{"error": {"code", "message", "hint"}}\` to standard output. The exit code is the one in this table.

A failure in the middle of a rollout does not end the command by itself: the call is tried again where that can help, and
otherwise the new version is taken out. The rollout then ends with the outcome \`failed\` and exit code 20, and \`headgate why\` shows the
failure. A line that begins with \`headgate: internal error\` is a defect of Headgate; it has no code and exits with 20.
`;

function table(codes: readonly ErrorCode[]): string {
  const rows = codes.map((code) => {
    const { blame, exitCode, retry } = ERRORS[code];
    return `| [${code}](#${code.toLowerCase()}) | ${WHO[blame]} | ${exitCode} | ${AGAIN[retry]} |`;
  });
  return [
    "| code | who has to act | exit code | does trying again help? |",
    "|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function section(code: ErrorCode): string {
  const { means, toDo } = ERROR_ADVICE[code];
  return `### ${code}\n\n${means} ${toDo}\n`;
}

/** One failure of each kind, as the SDK throws it. */
const AWS_FAILURES: readonly (readonly [what: string, error: Error])[] = [
  ["`ThrottlingException`, `TooManyRequestsException`, status 429", named("ThrottlingException")],
  ["`ExpiredToken`, `UnrecognizedClientException`, `SignatureDoesNotMatch`", named("ExpiredToken")],
  ["`AccessDeniedException`, other answers of status 401 or 403", named("AccessDeniedException")],
  ["`ResourceNotFoundException`, other answers of status 404", withStatus(404)],
  ["any other answer of status 4xx", withStatus(400)],
  ["an answer of status 5xx, a connection that broke", withStatus(503)],
  ["no connection: refused, unknown host", withSystemCode("ECONNREFUSED")],
  ["no answer in time", named("TimeoutError")],
  ["no region", new Error("Region is missing")],
];

function awsSection(): string {
  const rows = AWS_FAILURES.map(([what, error]) => {
    const { code, hint } = translated(error);
    return `| ${what} | [${code}](#${code.toLowerCase()}) | ${hint} |`;
  });
  return [
    "## What AWS said, and what it becomes",
    "",
    "The message always ends with AWS's own name and words for the failure. `<action>` is the call, as an IAM policy names it.",
    "",
    "| AWS, or the way to it | code | the hint |",
    "|---|---|---|",
    ...rows,
  ].join("\n");
}

function translated(error: Error): RolloutError {
  const found = translateAwsError(error, { action: "`<action>`", subject: "it" });
  if (found === undefined) throw new Error(`not known as a failure of AWS: ${String(error)}`);
  return found;
}

function named(name: string): Error {
  return Object.assign(new Error("said AWS"), { name });
}

function withStatus(httpStatusCode: number): Error {
  return Object.assign(named("SomeException"), { $metadata: { httpStatusCode } });
}

function withSystemCode(code: string): Error {
  return Object.assign(new Error("said the system"), { code });
}

if (import.meta.main) writeFileSync(ERROR_REFERENCE_FILE, errorReference());
