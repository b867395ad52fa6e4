// What the benchmarks of the local cloud ask of it: a process of its own, its address, a function's zip.
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";
import { DEMO_FILE } from "../packages/cli/src/demo/app.ts";
import { type Server, startServer } from "./measure.ts";

export const HEADGATE = join(import.meta.dirname, "../packages/cli/bin/headgate.mjs");

export const CLOUD = [process.execPath, HEADGATE, "local", "start", "--port", "0"];
export const REGION = "us-east-1";

/** On a free port. It must be ended with `end`. */
export function startCloud(): Promise<Server> {
  return startServer(CLOUD, /^ready: /);
}

/** Of a server whose line is "ready: http://...". */
export function urlOf({ line }: Server): string {
  return line.replace("ready: ", "").trim();
}

export function configurationOf(endpoint: string) {
  return {
    endpoint,
    region: REGION,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  };
}

/** A zip of one Python source, for a function with the demo's handler setting. */
export function zipOf(source: string): Promise<Uint8Array> {
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(source), DEMO_FILE);
  zip.end();
  return buffer(zip.outputStream);
}
