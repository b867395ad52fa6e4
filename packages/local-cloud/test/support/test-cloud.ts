import { type LocalCloudOptions, seededRandom, startLocalCloud } from "../../src/index.ts";

/** Clients of every SDK package share this much of their configuration. */
interface ClientConfiguration {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: number;
}

export interface TestCloud {
  readonly url: string;
  readonly port: number;
  /**
   * A real SDK client of this cloud: `cloud.client(LambdaClient)`. No retries, so that each test sees
   * each answer. An access key of twelve digits is the account.
   */
  client<Client extends { destroy(): void }>(
    type: new (configuration: ClientConfiguration) => Client,
    overrides?: { readonly region?: string; readonly account?: string },
  ): Client;
  /** Moves the virtual clock. @throws when the cloud was started on the real one. */
  advance(byMs: number): Promise<void>;
  nowMs(): number;
  /** What the cloud warned of. A test that expects none asserts that it is empty. */
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

const SEED = Number(process.env["TEST_SEED"] ?? 20_261_121);

/** A cloud in this process on a free port, with seeded chance (TEST_SEED) and, if asked, a virtual clock. */
export async function startTestCloud(options: LocalCloudOptions = {}): Promise<TestCloud> {
  const warnings: string[] = [];
  const cloud = await startLocalCloud({
    port: 0,
    random: seededRandom(SEED),
    warn: (message) => void warnings.push(message),
    ...options,
  });
  const clients: { destroy(): void }[] = [];
  return {
    url: cloud.url,
    port: cloud.port,
    warnings,
    client(type, overrides = {}) {
      const client = new type({
        endpoint: cloud.url,
        region: overrides.region ?? "us-east-1",
        credentials: {
          accessKeyId: overrides.account ?? "test",
          secretAccessKey: "test",
        },
        maxAttempts: 1,
      });
      clients.push(client);
      return client;
    },
    async advance(byMs) {
      if (!("advance" in cloud.clock)) throw new Error("this test cloud runs on the real clock");
      await cloud.clock.advance(byMs);
    },
    nowMs: () => cloud.clock.nowMs(),
    async close() {
      for (const client of clients) client.destroy();
      await cloud.close();
    },
  };
}
