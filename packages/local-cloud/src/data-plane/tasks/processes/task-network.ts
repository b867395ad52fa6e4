import { type HeldPort, holdFreePort } from "../free-ports.ts";

/** The ports of one task: where each that its containers listen on is on this machine's loopback. */
export class TaskNetwork {
  readonly #ports = new Map<number, number>();
  readonly #held = new Map<number, HeldPort>();

  /** Gives each port one of this machine's, unless it has one already. */
  async add(ports: readonly number[]): Promise<void> {
    for (const port of ports) {
      if (this.#ports.has(port)) continue;
      const held = await holdFreePort();
      this.#ports.set(port, held.port);
      this.#held.set(port, held);
    }
  }

  /** Lets the container that is about to start listen on its ports. */
  async release(ports: readonly number[]): Promise<void> {
    for (const port of ports) {
      const held = this.#held.get(port);
      this.#held.delete(port);
      await held?.release();
    }
  }

  close(): Promise<void> {
    return this.release([...this.#held.keys()]);
  }

  at(port: number): number | undefined {
    return this.#ports.get(port);
  }

  addresses(ports: readonly number[]): Map<number, { host: string; port: number }> {
    return new Map(
      ports.map((port) => [port, { host: "127.0.0.1", port: this.#ports.get(port) ?? port }]),
    );
  }

  /** As the files of `inside/` read it: "8080=40123,9000=40124". */
  get variable(): string {
    return [...this.#ports].map(([port, to]) => `${port}=${to}`).join(",");
  }

  /**
   * A command's text with the task's own addresses in it led to where they are: `localhost:8080`,
   * `localhost 8080`, and `http://localhost/` for port 80. For programs that nothing can be loaded into,
   * as curl and wget in health checks.
   */
  led(text: string): string {
    return text
      .replace(
        /(?<![\w.-])(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])([:\s]\s*)(\d{1,5})(?!\d)/g,
        (whole: string, _host: string, between: string, port: string) => {
          const to = this.#ports.get(Number(port));
          return to === undefined ? whole : `127.0.0.1${between}${to}`;
        },
      )
      .replace(
        /\b(https?):\/\/(localhost|127\.0\.0\.1|\[::1\])(?=[/?#\s"']|$)/g,
        (whole: string, scheme: string) => {
          const to = this.#ports.get(scheme === "http" ? 80 : 443);
          return to === undefined ? whole : `${scheme}://127.0.0.1:${to}`;
        },
      );
  }
}
