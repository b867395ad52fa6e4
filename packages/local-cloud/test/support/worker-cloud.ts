import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";
import { realClock } from "../../src/clock.ts";
import type {
  Execution,
  ExecutionResult,
  FunctionVersion,
  FunctionWorkers,
} from "../../src/data-plane/function-workers/function-workers.ts";
import {
  createFunctionWorkers,
  type FunctionWorkersOptions,
} from "../../src/data-plane/function-workers/index.ts";
import type { WorkerCloud } from "../../src/data-plane/function-workers/worker-cloud.ts";
import { createIdentities } from "../../src/identity.ts";
import { seededRandom } from "../../src/random.ts";
import { openStore } from "../../src/storage/sqlite-store.ts";
import type { LogEvent } from "../../src/telemetry/log-sink.ts";

interface AppendedLogs {
  readonly group: string;
  readonly stream: string;
  readonly events: readonly LogEvent[];
}

/** A file of a zip: its text, or its text with a unix mode. */
export type ZipEntries = Readonly<Record<string, string | { text: string; mode: number }>>;

export interface WorkerBench {
  readonly cloud: WorkerCloud;
  readonly workers: FunctionWorkers;
  /** Every call of the log sink, in order. */
  readonly logs: AppendedLogs[];
  /** Stores a zip of these files and describes a version that runs it. */
  version(files: ZipEntries, overrides?: Partial<FunctionVersion>): Promise<FunctionVersion>;
  /** Runs `version` on `event` with a request id of its own. */
  invoke(version: FunctionVersion, event?: unknown, more?: Partial<Execution>): Promise<Answer>;
  close(): Promise<void>;
}

export interface WorkerBenchOptions extends FunctionWorkersOptions {
  /** The cloud's address as functions see it. Default `ENDPOINT`, where nobody listens. */
  readonly endpoint?: string;
}

/** An execution's result, its payload parsed. */
interface Answer extends Omit<ExecutionResult, "payload"> {
  readonly payload: unknown;
  readonly requestId: string;
}

export const ENDPOINT = "http://127.0.0.1:4566";

/** Function workers on the real parts of a cloud, with a log sink that remembers. */
export function workerBench(options: WorkerBenchOptions = {}): WorkerBench {
  const scratchDirectory = mkdtempSync(join(tmpdir(), "headgate-workers-"));
  const clock = realClock((error) => {
    throw error;
  });
  const random = seededRandom(7);
  const store = openStore(undefined);
  const logs: AppendedLogs[] = [];
  const account = "000000000000";
  const cloud: WorkerCloud = {
    clock,
    random,
    store,
    identities: createIdentities({ store, random, clock, defaultAccount: account }),
    options: { account, region: "us-east-1", scratchDirectory },
    endpointUrl: () => options.endpoint ?? ENDPOINT,
    logs: {
      append: (_place, group, stream, events) => void logs.push({ group, stream, events }),
    },
  };
  const workers = createFunctionWorkers(cloud, options);
  let versionCount = 0;
  return {
    cloud,
    workers,
    logs,
    async version(files, overrides = {}) {
      const codeSha256 = store.blobs.put(await zipOf(files));
      versionCount++;
      return { ...pythonVersion, key: `key-${versionCount}`, codeSha256, ...overrides };
    },
    async invoke(version, event = {}, more = {}) {
      const requestId = random.uuid();
      const { payload, ...rest } = await workers.execute(version, {
        requestId,
        payload: Buffer.from(JSON.stringify(event)),
        invokedFunctionArn: `arn:aws:lambda:us-east-1:${account}:function:orders:live`,
        ...more,
      });
      const answer = Buffer.from(payload).toString();
      return { ...rest, payload: JSON.parse(answer), requestId: more.requestId ?? requestId };
    },
    async close() {
      await workers.close();
      clock.close();
      store.close();
      rmSync(scratchDirectory, { recursive: true, force: true });
    },
  };
}

const pythonVersion: Omit<FunctionVersion, "key" | "codeSha256"> = {
  account: "000000000000",
  region: "us-east-1",
  functionName: "orders",
  version: "3",
  runtime: "python3.13",
  handler: "app.handler",
  environment: {},
  memoryMb: 128,
  timeoutSeconds: 10,
  roleArn: "arn:aws:iam::000000000000:role/service/orders-role",
  logGroup: "/aws/lambda/orders",
};

export function zipOf(files: ZipEntries): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, file] of Object.entries(files)) {
    const { text, mode } = typeof file === "string" ? { text: file, mode: 0o644 } : file;
    zip.addBuffer(Buffer.from(text), name, { mode: 0o100000 | mode });
  }
  zip.end();
  return buffer(zip.outputStream);
}

/** All log messages of a bench so far, in order. */
export function messagesOf(bench: WorkerBench): string[] {
  return bench.logs.flatMap(({ events }) => events.map(({ message }) => message));
}
