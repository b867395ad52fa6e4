import { RolloutError } from "@headgate/core";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Globals, Invocation } from "../command.ts";
import { formatElapsed } from "../elapsed.ts";
import type { ClientConfiguration } from "./shop-clients.ts";

const REGION = "us-east-1";
const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };

/** A demo's local cloud on a free port, and the folder for its files. */
export interface OwnCloud {
  readonly url: string;
  readonly readyMs: number;
  readonly configuration: ClientConfiguration;
  readonly folder: string;
}

/** Starts a cloud of its own, and leaves nothing of it behind, whatever becomes of `use`. */
export async function onOwnCloud<Result>(
  { progress, style }: Invocation,
  use: (cloud: OwnCloud) => Promise<Result>,
): Promise<Result> {
  const startMs = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "headgate-demo-"));
  try {
    const { startLocalCloud } = await import("@headgate/local-cloud");
    const cloud = await startLocalCloud({ port: 0, region: REGION, ...tasks() });
    try {
      const { url } = cloud;
      const readyMs = performance.now() - startMs;
      progress.line(
        `${style.bold("local cloud")} at ${url}, ready after ${formatElapsed(readyMs)}`,
      );
      const configuration = { endpoint: url, region: REGION, credentials: CREDENTIALS };
      return await use({ url, readyMs, configuration, folder });
    } finally {
      await cloud.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `headgate deploy` is told for a release on this cloud. */
export function globalsOn({ url }: OwnCloud, globals: Globals): Globals {
  return { ...globals, endpointUrl: url, region: REGION, profile: undefined, yes: true };
}

/** The demo's images have no base image, and so run as processes, unless containers are asked for. */
function tasks(): { readonly taskRuntime?: "processes" } {
  return process.env["HEADGATE_TASKS"] ? {} : { taskRuntime: "processes" };
}

/** @throws {RolloutError} LOCAL_CLOUD: better now than in the middle of a story. */
export function requirePython(): void {
  const { error, status } = spawnSync("python3", ["-c", ""], { stdio: "ignore" });
  if (error === undefined && status === 0) return;
  throw new RolloutError(
    "LOCAL_CLOUD",
    "the demo runs a Python function, and there is no python3",
    {
      hint: "Install it (apt install python3, brew install python3) so that `python3 --version` works.",
      cause: error,
    },
  );
}
