// Protects the policies of the roles that release the examples: each example's permissions.sh names parts of docs/iam that
// are there, leaves out nothing that is not in them, fills every placeholder, and what comes of it fits into a role.
// That a release works by it, and not with less, is `npm run test:iam`.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const EXAMPLES = join(import.meta.dirname, "../../examples");
const PAGE = readFileSync(join(EXAMPLES, "../docs/iam.md"), "utf8");
const examples = readdirSync(EXAMPLES)
  .filter((name) => existsSync(join(EXAMPLES, name, "headgate.yaml")))
  .toSorted();

/** In place of the AWS CLI: whatever it is asked for is called "looked-up". */
const AWS = "#!/bin/sh\necho looked-up\n";
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "headgate-policies-"));
  writeFileSync(join(folder, "aws"), AWS, { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Policy {
  readonly Statement: readonly {
    readonly Sid: string;
    readonly Action: readonly string[];
    readonly Resource: readonly string[];
  }[];
}

function policyOf(example: string, cwd = join(EXAMPLES, example)): Policy {
  const printed = execFileSync("bash", [join(EXAMPLES, "deploy-role.sh"), "--print"], {
    cwd,
    env: {
      PATH: [folder, process.env["PATH"]].join(delimiter),
      AWS_REGION: "eu-central-1",
    },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return JSON.parse(printed);
}

it("finds the examples", () => {
  expect(examples).toEqual(["api-gateway", "ecs-web", "lambda", "lattice", "shop"]);
});

describe.each(examples)("%s", (example) => {
  it("has a policy for its role, all filled in, each statement under a name of its own", () => {
    const { Statement } = policyOf(example);
    expect(JSON.stringify(Statement)).not.toContain("${");
    expect(JSON.stringify(Statement)).toContain(":eu-central-1:");
    const names = Statement.map(({ Sid }) => Sid);
    expect(new Set(names).size).toBe(names.length);
  });

  it("is in docs/iam.md with the parts that it names", () => {
    const permissions = readFileSync(join(EXAMPLES, example, "permissions.sh"), "utf8");
    const [, parts = ""] = /^POLICIES="([^"]+)"/m.exec(permissions) ?? [];
    const row = `| [${example}](../examples/${example}) | \`headgate-${example}\` | ${parts.split(" ").join(", ")} |`;
    expect(PAGE).toContain(row);
  });

  it("allows nothing twice", () => {
    const allowed = policyOf(example).Statement.flatMap(({ Action, Resource }) =>
      Action.flatMap((action) => Resource.map((resource) => `${action} on ${resource}`)),
    );
    expect(allowed.filter((one, index) => allowed.indexOf(one) !== index)).toEqual([]);
  });
});

it.each([
  ["leaves out what is not there", 'POLICIES=analysis LEAVE_OUT="Nosuch"', "Nosuch"],
  ["fills a placeholder with nothing", "POLICIES=lambda-alias", "FUNCTION is empty"],
  ["names no part", 'POLICIES=""', "POLICIES names no policy"],
])("refuses a permissions.sh that %s", (_what, text, said) => {
  const cwd = mkdtempSync(join(folder, "example-"));
  writeFileSync(join(cwd, "permissions.sh"), `${text}\n`);
  expect(() => policyOf("none", cwd)).toThrow(said);
});
