// What the benchmarks of bad releases share: a folder with the demo's application and a spec, released by the command
// line, and what the journal says of it.
import { readHistory } from "@headgate/controller";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEMO_FILE, demoSource } from "../packages/cli/src/demo/app.ts";
import { HEADGATE } from "./local-cloud.ts";

const ROLLED_BACK = 10;

export class ReleaseFolder {
  readonly #path: string;

  constructor(name: string) {
    this.#path = mkdtempSync(join(tmpdir(), `headgate-bench-${name}-`));
  }

  /** Of the demo's application. */
  get code(): string {
    return join(this.#path, "code");
  }

  writeCode(version: string, failureRate: number): void {
    mkdirSync(this.code, { recursive: true });
    writeFileSync(join(this.code, DEMO_FILE), demoSource({ version, failureRate }));
  }

  writeSpec(spec: object): void {
    // JSON is YAML.
    writeFileSync(join(this.#path, "headgate.yaml"), JSON.stringify(spec));
  }

  /** @throws {Error} when it is not rolled back. */
  async deployBad(endpoint: string): Promise<void> {
    const argv = [HEADGATE, "deploy", "--endpoint-url", endpoint, "--yes"];
    const child = spawn(process.execPath, argv, {
      cwd: this.#path,
      stdio: ["ignore", "ignore", "inherit"],
    });
    const [exitCode] = await once(child, "exit");
    if (exitCode !== ROLLED_BACK) throw new Error(`a bad release exited with ${String(exitCode)}`);
  }

  /** Of the newest rollout. */
  history() {
    return readHistory(join(this.#path, ".headgate"));
  }

  remove(): void {
    rmSync(this.#path, { recursive: true, force: true });
  }
}
