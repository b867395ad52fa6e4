// The static table of protocols must be what the SDK's own clients say of themselves: the table is
// read before any client is loaded, so an update of the SDK could silently part the two.
import { describe, expect, it } from "vitest";
import { isSigningName, PROTOCOLS, type ServiceProtocol } from "../../src/model/protocols.ts";
import { SCHEMAS } from "../../src/model/sdk.ts";
import { SERVICES } from "../../src/services/registry.ts";
import { CREDENTIALS, sdkClient } from "./sdk-client.ts";
import { TESTED_SCHEMAS } from "./wire-server.ts";

interface ClientConfig {
  readonly protocol: { getShapeId(): string; readonly serviceTarget?: string };
  readonly protocolSettings: {
    readonly xmlNamespace?: string;
    readonly version?: string;
    readonly serviceTarget?: string;
    readonly awsQueryCompatible?: boolean;
  };
  readonly defaultSigningName: string;
}

describe("protocol table", () => {
  it.each(Object.keys(TESTED_SCHEMAS))("%s is as its SDK client says", async (name) => {
    if (!isSigningName(name)) throw new Error(name);
    const sdk = await TESTED_SCHEMAS[name]?.();
    const Client = Object.entries(sdk ?? {}).find(([key]) => /^[A-Z]\w*Client$/.test(key))?.[1] as
      | (new (settings: unknown) => { config: ClientConfig })
      | undefined;
    const config = Client && new Client({ region: "us-east-1", credentials: CREDENTIALS }).config;
    const row: ServiceProtocol = PROTOCOLS[name];
    expect({
      protocol: config?.protocol.getShapeId().split("#")[1],
      apiVersion: config?.protocolSettings.version,
      target: config?.protocolSettings.serviceTarget,
      signingName: config?.defaultSigningName,
      isQueryCompatible: config?.protocolSettings.awsQueryCompatible ?? false,
    }).toEqual({
      protocol: row.protocols[0],
      apiVersion: row.apiVersion,
      target: row.target,
      signingName: name,
      isQueryCompatible: row.isQueryCompatible ?? false,
    });
    const namespace = config?.protocolSettings.xmlNamespace;
    expect(namespace === undefined || namespace === row.xmlNamespace).toBe(true);
  });

  it.each(["apigateway", "lambda", "route53"] as const)(
    "%s: knows the first segment of every path",
    async (name) => {
      const client = await sdkClient(name, "http://127.0.0.1:1");
      const first = new Set<string>();
      for (const { http } of client.model.operations.values()) {
        first.add(http?.uri.split(/[/?]/)[1] ?? "");
      }
      client.destroy();
      // Several services have tags under this path, so it tells nothing.
      first.delete("tags");
      expect([...first].toSorted()).toEqual(PROTOCOLS[name].paths);
    },
  );

  it("has schemas for every service that the cloud runs, and for no other", () => {
    expect(Object.keys(SCHEMAS).toSorted()).toEqual(Object.keys(SERVICES).toSorted());
  });

  it("tells the services apart by target and by query version", () => {
    const rows: ServiceProtocol[] = Object.values(PROTOCOLS);
    const targets = rows.map(({ target }) => target);
    expect(new Set(targets).size).toBe(targets.length);
    const versions = rows
      .filter(({ protocols }) => protocols.some((name) => name.endsWith("Query")))
      .map(({ apiVersion }) => apiVersion);
    expect(versions.length).toBeGreaterThan(3);
    // SNS shares its version with no one that is unsigned in practice; IAM, STS and EC2 are unique.
    expect(new Set(versions).size).toBe(versions.length);
  });
});
