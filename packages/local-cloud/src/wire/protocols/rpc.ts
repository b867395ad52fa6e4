import type { ProtocolName } from "../../model/protocols.ts";
import type { Member, Structure } from "../../model/shape.ts";
import { readCbor, writeCbor } from "../codecs/cbor.ts";
import {
  EVENT_STREAM_TYPE,
  eventStreamBytes,
  initialResponseBytes,
  type EventDocuments,
} from "../codecs/event-stream.ts";
import { jsonCodec } from "../codecs/json.ts";
import type { Failure } from "../failure.ts";
import type { WireResponse } from "../wire.ts";
import type { AnswerContext, FoundOperation, Protocol } from "./protocol.ts";

/**
 * The protocols that POST one document to an operation: awsJson 1.0 and 1.1 name it in
 * `X-Amz-Target`, rpcv2 in the path.
 */
export function rpcProtocol(
  name: Extract<ProtocolName, "awsJson1_0" | "awsJson1_1" | "rpcv2Cbor" | "rpcv2Json">,
): Protocol {
  const { read, write } = name === "rpcv2Cbor" ? CBOR : jsonDocument(name);
  const headers = HEADERS[name];
  const answer = (status: number, body: Uint8Array, context: AnswerContext, failure?: Failure) => ({
    status,
    headers: {
      ...headers,
      "x-amzn-RequestId": context.requestId,
      ...queryCompatibility(failure, context),
    },
    body,
  });
  return {
    find(model, request): FoundOperation {
      const named = name.startsWith("rpcv2")
        ? (request.segments.at(-1) ?? "")
        : targetOperation(request.headers["x-amz-target"]);
      const operation = model.operations.get(named);
      return operation === undefined
        ? { kind: "unknown", named }
        : { kind: "found", operation, labels: {} };
    },
    read: ({ operation }, request) => read(operation.input, request.body),
    write(operation, output, context) {
      const shape = operation.output;
      const stream = shape.members.find((member) => member.isEventStream);
      if (stream === undefined) return answer(200, write(shape, output ?? {}), context);
      const documents = { contentType: headers["content-type"], write };
      const body = Buffer.concat([
        initialResponseBytes(shape, output, documents),
        eventsOf(stream, output, documents),
      ]);
      const plain = answer(200, body, context);
      return { ...plain, headers: { ...plain.headers, "content-type": EVENT_STREAM_TYPE } };
    },
    writeFailure(failure, context): WireResponse {
      const type = name === "awsJson1_1" ? failure.code : qualified(failure, context);
      const body = write(withMessage(failure.shape), failure.members, { __type: type });
      return answer(failure.status, body, context, failure);
    },
  };
}

function eventsOf(stream: Member, output: unknown, documents: EventDocuments): Uint8Array {
  const events = (output as Readonly<Record<string, unknown>>)[stream.name];
  if (stream.shape.kind !== "structure" || events === undefined) return Buffer.alloc(0);
  return eventStreamBytes(stream.shape, events, documents);
}

type Extra = Readonly<Record<string, string>>;

interface DocumentCodec {
  readonly read: (shape: Structure, body: Uint8Array) => Record<string, unknown>;
  /** `extra` stands before the members. */
  readonly write: (shape: Structure, value: unknown, extra?: Extra) => Uint8Array;
}

const CBOR: DocumentCodec = { read: readCbor, write: writeCbor };

function jsonDocument(name: "awsJson1_0" | "awsJson1_1" | "rpcv2Json"): DocumentCodec {
  const codec = jsonCodec(name === "rpcv2Json" ? "rpcv2" : "rpc");
  return {
    read: codec.readStructure,
    write(shape, value, extra) {
      const tree = codec.writeStructure(shape, value);
      return Buffer.from(JSON.stringify(extra === undefined ? tree : { ...extra, ...tree }));
    },
  };
}

const HEADERS = {
  awsJson1_0: { "content-type": "application/x-amz-json-1.0" },
  awsJson1_1: { "content-type": "application/x-amz-json-1.1" },
  rpcv2Cbor: { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" },
  rpcv2Json: { "content-type": "application/json", "smithy-protocol": "rpc-v2-json" },
} as const;

/** Errors outside the model have a message and nothing else. */
export const MESSAGE_ONLY: Structure = {
  kind: "structure",
  name: "Error",
  namespace: "",
  isUnion: false,
  members: [
    {
      name: "message",
      shape: { kind: "string" },
      traits: {},
      xmlName: undefined,
      isFlattened: false,
      isEventStream: false,
    },
  ],
  required: [],
  traits: {},
};

/** Some models leave the message out of their errors (ssm InvalidFilterKey); the answers have it all the same. */
function withMessage(shape: Structure | undefined): Structure {
  if (shape === undefined) return MESSAGE_ONLY;
  const hasMessage = shape.members.some(({ name }) => name.toLowerCase() === "message");
  return hasMessage ? shape : { ...shape, members: [...shape.members, ...MESSAGE_ONLY.members] };
}

/** "Logs_20140328.CreateLogGroup" names CreateLogGroup. */
function targetOperation(target: string | string[] | undefined): string {
  const text = String(target ?? "");
  return text.slice(text.lastIndexOf(".") + 1);
}

function qualified(failure: Failure, context: AnswerContext): string {
  const namespace = failure.shape?.namespace ?? context.model?.namespace ?? "com.amazonaws";
  return `${namespace}#${failure.code}`;
}

/** For services that spoke query once: clients of that time look for the old code. */
function queryCompatibility(failure: Failure | undefined, context: AnswerContext): Extra {
  if (failure === undefined || !context.model?.protocol.isQueryCompatible) return {};
  return { "x-amzn-query-error": `${failure.queryCode};${failure.fault}` };
}
