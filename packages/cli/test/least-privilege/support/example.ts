import { IAM } from "@aws-sdk/client-iam";
import { STS } from "@aws-sdk/client-sts";
import { type LocalCloud, startLocalCloud } from "@headgate/local-cloud";
import { spawn } from "node:child_process";
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { watchDenials } from "../../../../drivers/test/support/denial-watch.ts";
import {
  type Permission,
  policyOf,
  type PublishedStatement,
} from "../../../../drivers/test/support/published-policy.ts";
import { startHeadgate, temporaryFolder } from "../../support/command-line.ts";
import { shortened } from "./shortened.ts";

const ROOT = join(import.meta.dirname, "../../../../..");
const REGION = "us-east-1";
const ROOT_KEY = { accessKeyId: "test", secretAccessKey: "test" };
/** Setting up an example takes dozens of calls of the AWS CLI, each a process of its own. */
const SCRIPT_TIMEOUT_MS = 1_200_000;
/** Only what hangs meets it. */
const RELEASE_TIMEOUT_MS = 240_000;

/**
 * What a release says before it waits, for half a minute or for ever, whether somebody gives the permission. It was
 * decided by then that it does not end well.
 */
const WAITS =
  /setWeight failed: not allowed|cannot turn back: .*still trying|(?:counts|traffic before the rollout) cannot be read: not allowed/;

/** How one release ended, or that it was killed when it waited for a permission. */
export interface Ended {
  /** 0: promoted; 10: rolled back; null: killed. */
  readonly exitCode: number | null;
  /** All that it said. */
  readonly said: string;
  /** The actions that were refused meanwhile, whoever called. */
  readonly refused: readonly string[];
}

/** What a script is told. */
export interface ScriptCall {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A copy of an example, set up by its own script in a cloud that enforces IAM, with the role of its own script. */
export interface Example {
  readonly cloud: LocalCloud;
  /** The copy, where releases are made. */
  readonly folder: string;
  /** The addresses that setup.sh printed. */
  readonly urls: readonly string[];
  /** For AWS clients of the account's root. */
  readonly root: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** What deploy-role.sh has given to the role. */
  readonly statements: readonly PublishedStatement[];
  /** Leaves the role these permissions of its policy. */
  allow(isKept: (permission: Permission) => boolean): Promise<void>;
  /** Changes a file of the copy. */
  edit(file: string, change: (text: string) => string): void;
  /** The example's own release.sh, which takes the role for `headgate deploy` alone. */
  releaseByScript(call?: ScriptCall): Promise<Ended>;
  /** `headgate plan` as the role. */
  plan(spec?: string): Promise<Ended>;
  /**
   * `headgate deploy` as the role, with a journal that knows of no release before.
   * @param interruptAt a line at which a person presses Ctrl-C: it turns back, and exits with 11.
   */
  deploy(spec?: string, interruptAt?: RegExp): Promise<Ended>;
  close(): Promise<void>;
}

export async function openExample(name: string): Promise<Example> {
  const copy = temporaryFolder();
  for (const part of ["examples", "docs/iam"]) {
    cpSync(join(ROOT, part), join(copy.path, part), {
      recursive: true,
      filter: (path) => !/\/(?:node_modules|\.headgate)$/.test(path),
    });
  }
  // Where npx finds headgate.
  symlinkSync(join(ROOT, "node_modules"), join(copy.path, "node_modules"));
  const folder = join(copy.path, "examples", name);
  const edit = (file: string, change: (text: string) => string) => {
    const path = join(folder, file);
    writeFileSync(path, change(readFileSync(path, "utf8")));
  };
  edit("headgate.yaml", shortened);

  const cloud = await startLocalCloud({
    port: 0,
    region: REGION,
    iam: "enforce",
    taskRuntime: "processes",
  });
  const watch = await watchDenials(cloud.url);
  const root = { endpoint: cloud.url, region: REGION, credentials: ROOT_KEY };
  const [iam, sts] = [new IAM(root), new STS(root)];
  const script = (file: string, call: ScriptCall) => runScript(join(folder, file), folder, call);
  const asRoot = { env: { AWS_ENDPOINT_URL: cloud.url } };

  const setUp = succeeded(await script("setup.sh", asRoot));
  succeeded(await script("../deploy-role.sh", asRoot));
  const RoleName = `headgate-${name}`;
  const { PolicyDocument = "" } = await iam.getRolePolicy({ RoleName, PolicyName: "release" });
  const { Statement: statements }: { Statement: PublishedStatement[] } = JSON.parse(
    decodeURIComponent(PolicyDocument),
  );
  const { Role } = await iam.getRole({ RoleName });
  const { Credentials } = await sts.assumeRole({ RoleArn: Role?.Arn, RoleSessionName: "test" });
  const asRole = {
    AWS_ENDPOINT_URL: watch.url,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: Credentials?.AccessKeyId ?? "",
    AWS_SECRET_ACCESS_KEY: Credentials?.SecretAccessKey ?? "",
    AWS_SESSION_TOKEN: Credentials?.SessionToken ?? "",
  };
  const ended = async (running: Promise<Output>): Promise<Ended> => {
    watch.take();
    const { exitCode, stdout, stderr } = await running;
    return { exitCode, said: stdout + stderr, refused: watch.take() };
  };
  const start = (...argv: readonly string[]) =>
    startHeadgate(argv, { cwd: folder, env: asRole, timeoutMs: RELEASE_TIMEOUT_MS });
  return {
    cloud,
    folder,
    urls: setUp.split("\n").filter((line) => line.startsWith("http://")),
    root,
    statements,
    async allow(isKept) {
      const PolicyDocument = policyOf(statements, isKept);
      await iam.putRolePolicy({ RoleName, PolicyName: "release", PolicyDocument });
    },
    edit,
    releaseByScript({ argv = [], env = {} } = {}) {
      const all = { AWS_ENDPOINT_URL: watch.url, DEPLOY_ROLE: RoleName, ...env };
      return ended(script("release.sh", { argv, env: all }));
    },
    plan: (spec = "headgate.yaml") => ended(start("plan", spec).finished),
    deploy(spec = "headgate.yaml", interruptAt) {
      rmSync(join(folder, ".headgate"), { recursive: true, force: true });
      const running = start("deploy", spec, "--yes", "--exit-when-held");
      const signalAt = (pattern: RegExp, signal: NodeJS.Signals) =>
        running.line(pattern).then(
          () => void running.child.kill(signal),
          () => undefined,
        );
      void signalAt(WAITS, "SIGKILL");
      if (interruptAt !== undefined) void signalAt(interruptAt, "SIGINT");
      return ended(running.finished);
    },
    async close() {
      iam.destroy();
      sts.destroy();
      await watch.close();
      await cloud.close();
      copy.remove();
    },
  };
}

interface Output {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runScript(path: string, cwd: string, { argv = [], env }: ScriptCall): Promise<Output> {
  const child = spawn("bash", [path, ...argv], {
    cwd,
    env: {
      // npm may need any of it to reach its registry. What is there for AWS is not this cloud's.
      ...Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_")),
      ),
      PATH: [join(ROOT, "node_modules/.bin"), process.env["PATH"]].join(delimiter),
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: ROOT_KEY.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ROOT_KEY.secretAccessKey,
      HEADGATE_TASKS: "processes",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: SCRIPT_TIMEOUT_MS,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => void (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => void (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

function succeeded({ exitCode, stdout, stderr }: Output): string {
  if (exitCode === 0) return stdout;
  throw new Error(`a script ended with ${exitCode}:\n${stdout}${stderr}`);
}
