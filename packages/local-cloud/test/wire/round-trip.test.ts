// Every operation of every schema, both ways, with the real SDK client at the other end: what the
// client writes we must read as it was meant, and what we write the client must read so. The SDK and
// the wire layer share the schemas but no code, so each checks the other's reading of a protocol.
import {
  AwsQueryProtocol,
  AwsSmithyRpcV2CborProtocol,
  AwsSmithyRpcV2JsonProtocol,
} from "@aws-sdk/core/protocols";
import { AwsError } from "../../src/aws-error.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  isSigningName,
  PROTOCOLS,
  type ProtocolName,
  type SigningName,
} from "../../src/model/protocols.ts";
import type { Operation } from "../../src/model/service-model.ts";
import { bindingsOf } from "../../src/wire/http-bindings.ts";
import { plain, sample, type SampleStyle } from "./samples.ts";
import { sdkClient, type AnyClient } from "./sdk-client.ts";
import { startWireServer, TESTED_SCHEMAS, type WireServer } from "./wire-server.ts";

type Way = [service: SigningName, protocol: ProtocolName, settings: Record<string, unknown>];

const WAYS: Way[] = [
  ...Object.keys(TESTED_SCHEMAS)
    .filter(isSigningName)
    .map((name): Way => [name, PROTOCOLS[name].protocols[0], {}]),
  ["monitoring", "awsQuery", { protocol: AwsQueryProtocol }],
  ["monitoring", "rpcv2Cbor", { protocol: AwsSmithyRpcV2CborProtocol }],
  ["monitoring", "rpcv2Json", { protocol: AwsSmithyRpcV2JsonProtocol }],
];

const STYLES: [name: string, style: SampleStyle][] = [
  ["full", { isEmpty: false }],
  ["with every list and map empty", { isEmpty: true }],
];

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer({ checkConstraints: false });
});
afterAll(() => server.close());

describe.each(WAYS)("%s over %s", (service, protocol, settings) => {
  let client: AnyClient;
  beforeAll(async () => {
    client = await sdkClient(service, server.endpoint, settings);
  });
  afterAll(() => {
    client.destroy();
  });

  it.each(STYLES)(
    "reads every input, %s",
    async (_name, style) => {
      const differences: unknown[] = [];
      let checked = 0;
      for (const operation of client.model.operations.values()) {
        if (hasEventStream(operation.input)) continue;
        const input = requestOf(operation, style);
        server.answer(() => ({}));
        await client.send(operation.name, structuredClone(input)).catch(() => {});
        const call = server.last();
        const got =
          call?.kind === "call" && call.operation === operation.name
            ? plain(call.input)
            : call?.kind === "refused"
              ? Buffer.from(call.answer("").body ?? []).toString()
              : call;
        checked++;
        const wanted = plain(sendable(operation, input, protocol));
        if (JSON.stringify(sorted(got)) !== JSON.stringify(sorted(wanted))) {
          differences.push({ operation: operation.name, got, wanted });
        }
      }
      expect(differences).toEqual([]);
      expect(checked).toBeGreaterThan(9);
    },
    60_000,
  );

  it.each(STYLES)(
    "writes every output, %s",
    async (_name, style) => {
      const differences: unknown[] = [];
      let checked = 0;
      for (const operation of client.model.operations.values()) {
        if (hasEventStream(operation.output)) continue;
        const output = sample(operation.output, "answer", style);
        server.answer(() => output);
        const got = await client.send(operation.name, requestOf(operation, style)).catch(String);
        const wanted = plain(output);
        const answer = typeof got === "string" ? got : plain(withoutMetadata(got));
        checked++;
        if (JSON.stringify(sorted(answer)) !== JSON.stringify(sorted(wanted))) {
          differences.push({ operation: operation.name, got: answer, wanted });
        }
      }
      expect(differences).toEqual([]);
      expect(checked).toBeGreaterThan(9);
    },
    60_000,
  );

  it("invents nothing that a handler leaves out", async () => {
    server.answer(() => ({}));
    const invented: unknown[] = [];
    for (const operation of client.model.operations.values()) {
      const { status, headerMaps, payload } = bindingsOf(operation.output, "answer");
      if (payload?.isEventStream === true || hasEventStream(operation.output)) continue;
      const input = requestOf(operation, { isEmpty: false });
      const output = await client.send(operation.name, input);
      // The client itself says the status, "no headers" of a map of headers, and an empty stream.
      const stream = payload?.shape.kind === "blob" ? payload.name : undefined;
      const maps = headerMaps.map(([, { name }]) => name);
      const own = new Set([status?.name, stream, ...maps, "$metadata"]);
      const names = Object.keys(output).filter((name) => !own.has(name));
      if (names.length > 0) invented.push([operation.name, names]);
    }
    expect(invented).toEqual([]);
  });

  it("carries every modelled error to the client, by name and with its text", async () => {
    const wrong: unknown[] = [];
    const [operation] = client.model.operations.values();
    if (operation === undefined) throw new Error("no operations");
    const input = requestOf(operation, { isEmpty: false });
    for (const name of client.errorNames) {
      server.answer(() => {
        throw new AwsError(name, `text of ${name}`);
      });
      const error: unknown = await client.send(operation.name, input).catch((caught) => caught);
      const seen = error instanceof Error ? [error.name, error.message] : [];
      if (seen[0] !== name || seen[1] !== `text of ${name}`) wrong.push([name, ...seen]);
    }
    expect(wrong).toEqual(service === "monitoring" ? AMBIGUOUS : []);
    // EC2 models no errors.
    expect(client.errorNames.length > 0 || service === "ec2").toBe(true);
  });
});

/** Its query code is "ResourceNotFound", the name of another error, so the client takes it for that. */
const AMBIGUOUS = [
  ["DashboardNotFoundError", "ResourceNotFound", "text of DashboardNotFoundError"],
];

/** PutEvents' endpoint is part of a host name: with one the client calls elsewhere. */
function requestOf({ name, input }: Operation, style: SampleStyle): Record<string, unknown> {
  const { EndpointId, ...others } = sample(input, "request", style);
  return name === "PutEvents" || EndpointId === undefined ? others : { ...others, EndpointId };
}

function hasEventStream(shape: Operation["input"]): boolean {
  return shape.members.some((member) => member.isEventStream);
}

function withoutMetadata(output: Record<string, unknown>): unknown {
  return Object.fromEntries(Object.entries(output).filter(([name]) => name !== "$metadata"));
}

/** Without what the protocol cannot say: the client leaves it out. */
function sendable(
  { input: shape }: Operation,
  input: Record<string, unknown>,
  protocol: ProtocolName,
): unknown {
  switch (protocol) {
    case "awsQuery":
      return withoutEmpty(input, "map");
    case "ec2Query":
      return withoutEmpty(input, "map or list");
    case "restJson1":
    case "restXml": {
      const inQuery = new Set(bindingsOf(shape, "request").queries.map(([, { name }]) => name));
      const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;
      const said = ([name, value]: [string, unknown]) => !inQuery.has(name) || !isEmptyList(value);
      return Object.fromEntries(Object.entries(input).filter(said));
    }
    default:
      return input;
  }
}

function withoutEmpty(value: unknown, what: "map" | "map or list"): unknown {
  if (Array.isArray(value)) return value.length === 0 && what !== "map" ? undefined : value;
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== OBJECT) {
    return value;
  }
  const entries = Object.entries(value)
    .map(([key, part]): [string, unknown] => [key, withoutEmpty(part, what)])
    .filter(([, part]) => part !== undefined && !isEmptyObject(part));
  return Object.fromEntries(entries);
}

const OBJECT: unknown = Object.prototype;

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.getPrototypeOf(value) === OBJECT &&
    Object.keys(value).length === 0
  );
}

/** Members in one order: the wire does not keep it. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}
