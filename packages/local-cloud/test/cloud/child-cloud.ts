import { type ChildProcess, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestCloud } from "../support/test-cloud.ts";

const HEADGATE = join(import.meta.dirname, "../../../cli/bin/headgate.mjs");

/** A cloud in a process of its own, as people run it. */
export interface ChildCloud extends Omit<TestCloud, "warnings"> {
  readonly child: ChildProcess;
  /** What it wrote to standard error so far. */
  complaints(): string;
  /** Sends the signal and resolves with the exit code, null after SIGKILL. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface ChildCloudOptions {
  /** After `headgate local start --port 0`. */
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Shell words before the command: `ulimit -f 100;`. */
  readonly before?: string;
}

const MOVE = { method: "POST", headers: { "x-headgate-admin": "1" } };

/** Starts `headgate local start` and resolves when it is ready. @throws with its output when it ends. */
export async function startChildCloud(options: ChildCloudOptions = {}): Promise<ChildCloud> {
  const command = [process.execPath, HEADGATE, "local", "start", "--port", "0"];
  const child = spawn(
    "/bin/sh",
    ["-c", `${options.before ?? ""} exec "$@"`, "sh", ...command, ...(options.argv ?? [])],
    {
      cwd: tmpdir(),
      // Nothing of the machine's own AWS settings may reach a test.
      env: { PATH: process.env["PATH"], HOME: "/nonexistent", ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => void (complaints += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => resolve(code));
  });
  const url = await Promise.race([readyLine(child), ended.then(() => undefined)]);
  if (url === undefined) throw new Error(complaints);
  const clients: { destroy(): void }[] = [];
  const end = async (signal: NodeJS.Signals) => {
    for (const client of clients.splice(0)) client.destroy();
    child.kill(signal);
    return ended;
  };
  return {
    url,
    port: Number(new URL(url).port),
    child,
    complaints: () => complaints,
    end,
    client(type, overrides = {}) {
      const client = new type({
        endpoint: url,
        region: overrides.region ?? "us-east-1",
        credentials: { accessKeyId: overrides.account ?? "test", secretAccessKey: "test" },
        maxAttempts: 1,
      });
      clients.push(client);
      return client;
    },
    async advance(byMs) {
      const body = JSON.stringify({ by: `${byMs}ms` });
      const answer = await fetch(`${url}/_headgate/advance`, { ...MOVE, body });
      if (!answer.ok) throw new Error(await answer.text());
    },
    nowMs: () => Date.now(),
    close: async () => void (await end("SIGKILL")),
  };
}

function readyLine({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const found = /^ready: (\S+)$/m.exec(text);
      if (found?.[1] !== undefined) resolve(found[1]);
    });
  });
}
