import type { ServiceModel } from "../../model/service-model.ts";
import type { Member, Structure } from "../../model/shape.ts";
import { EVENT_STREAM_TYPE, eventStreamBytes } from "../codecs/event-stream.ts";
import { readHeader, readText, writeHeader } from "../codecs/http-text.ts";
import { scalarText, setKey } from "../codecs/scalar.ts";
import type { Failure } from "../failure.ts";
import { bindingsOf, type Bindings } from "../http-bindings.ts";
import { createRouter, parseTemplate, type Router } from "../router.ts";
import { serializationFault } from "../serialization-fault.ts";
import { decodePercent, type WireRequest } from "../wire-request.ts";
import type { AnswerContext, OperationCall, Protocol } from "./protocol.ts";

/** What restJson1 and restXml do each in its own way: bodies, and errors. */
export interface RestDocuments {
  readonly contentType: string;
  readStructure(shape: Structure, body: Uint8Array): Record<string, unknown>;
  readPayload(member: Member, body: Uint8Array): unknown;
  writeStructure(shape: Structure, value: unknown, context: AnswerContext): Uint8Array;
  writePayload(member: Member, value: unknown, context: AnswerContext): Uint8Array;
  writeFailure(failure: Failure, body: Structure, context: AnswerContext): Uint8Array;
}

/** The protocols that spread an input over path, query, headers and body. */
export function restProtocol(documents: RestDocuments): Protocol {
  return {
    find(model, request) {
      const route = routerOf(model).match(request);
      return route === undefined
        ? { kind: "unknown", named: `${request.method} ${request.path}` }
        : { kind: "found", ...route };
    },
    read: (call, request) => readRest(call, request, documents),
    write(operation, output, context) {
      const bindings = bindingsOf(operation.output, "answer");
      const value = (output ?? {}) as Readonly<Record<string, unknown>>;
      const headers: Record<string, string> = { "x-amzn-RequestId": context.requestId };
      writeHeaders(bindings, value, headers);
      const sent = bindings.status && value[bindings.status.name];
      const status = typeof sent === "number" ? sent : (operation.http?.status ?? 200);
      const body = status === 204 ? undefined : writeBody(bindings, value, { documents, context });
      // A content type that the handler set belongs to its payload.
      const isStream = bindings.payload?.isEventStream === true;
      const type = isStream ? EVENT_STREAM_TYPE : documents.contentType;
      if (body !== undefined) headers["content-type"] ??= type;
      return { status, headers, body };
    },
    writeFailure(failure, context) {
      const headers: Record<string, string> = {
        "content-type": documents.contentType,
        "x-amzn-RequestId": context.requestId,
        "x-amzn-ErrorType": failure.code,
      };
      const shape = failure.shape;
      const bindings = shape && bindingsOf(shape, "answer");
      if (bindings !== undefined) writeHeaders(bindings, failure.members, headers);
      const body = documents.writeFailure(failure, bindings?.body ?? NO_MEMBERS, context);
      return { status: failure.status, headers, body };
    },
  };
}

const NO_MEMBERS: Structure = {
  kind: "structure",
  name: "Error",
  namespace: "",
  isUnion: false,
  members: [],
  required: [],
  traits: {},
};

const routers = new WeakMap<ServiceModel, Router>();

function routerOf(model: ServiceModel): Router {
  const known = routers.get(model);
  if (known !== undefined) return known;
  const router = createRouter(model.operations.values());
  routers.set(model, router);
  return router;
}

function readRest(
  { operation, labels }: OperationCall,
  request: WireRequest,
  documents: RestDocuments,
): Record<string, unknown> {
  const bindings = bindingsOf(operation.input, "request");
  const input = readRequestBody(bindings, request, documents);
  for (const member of bindings.labels) {
    const label = decodePercent(labels[member.name] ?? "");
    input[member.name] = readText(member, label, "date-time");
  }
  readQuery(bindings, request, operation.http?.uri ?? "", input);
  for (const [name, member] of bindings.headers) {
    const value = headerText(request, name);
    if (value !== undefined) input[member.name] = readHeader(member, value);
  }
  for (const [prefix, member] of bindings.headerMaps) {
    input[member.name] = headersUnder(prefix, request);
  }
  return input;
}

function readRequestBody(
  { payload, body }: Bindings,
  request: WireRequest,
  documents: RestDocuments,
): Record<string, unknown> {
  if (payload !== undefined) {
    if (request.body.byteLength === 0) return {};
    return { [payload.name]: documents.readPayload(payload, request.body) };
  }
  return body.members.length === 0 ? {} : documents.readStructure(body, request.body);
}

function readQuery(
  { queries, queryMap }: Bindings,
  { query }: WireRequest,
  template: string,
  input: Record<string, unknown>,
): void {
  if (query.length === 0) return;
  for (const [name, member] of queries) {
    const { shape } = member;
    const values = query.filter(([key]) => key === name).map(([, value]) => value);
    const [first] = values;
    if (first === undefined) continue;
    input[member.name] =
      shape.kind === "list"
        ? values.map((value) => readText(shape.item, value, "date-time"))
        : readText(member, first, "date-time");
  }
  if (queryMap === undefined) return;
  const taken = new Set([
    ...queries.map(([name]) => name),
    ...parseTemplate(template).literals.map(([name]) => name),
  ]);
  const others = query.filter(([name]) => !taken.has(name));
  if (others.length > 0) input[queryMap.name] = queryMapOf(queryMap, others);
}

function queryMapOf(member: Member, query: WireRequest["query"]): Record<string, unknown> {
  const isList = member.shape.kind === "map" && member.shape.value.shape.kind === "list";
  const values = new Map<string, string[]>();
  for (const [name, value] of query) values.set(name, [...(values.get(name) ?? []), value]);
  const result: Record<string, unknown> = {};
  for (const [name, all] of values) setKey(result, name, isList ? all : all[0]);
  return result;
}

function headerText(request: WireRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

function headersUnder(prefix: string, request: WireRequest): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(request.headers)) {
    if (name.startsWith(prefix)) {
      setKey(result, name.slice(prefix.length), headerText(request, name));
    }
  }
  return result;
}

function writeHeaders(
  { headers, headerMaps }: Bindings,
  value: Readonly<Record<string, unknown>>,
  into: Record<string, string>,
): void {
  for (const [name, member] of headers) {
    const part = value[member.name];
    if (part === undefined || part === null) continue;
    const text = writeHeader(member, part);
    if (text !== undefined) into[name] = text;
  }
  for (const [prefix, member] of headerMaps) {
    const part = value[member.name] as Readonly<Record<string, unknown>> | undefined;
    for (const [key, text] of Object.entries(part ?? {})) into[prefix + key] = scalarText(text);
  }
}

function writeBody(
  { payload, body }: Bindings,
  value: Readonly<Record<string, unknown>>,
  { documents, context }: { documents: RestDocuments; context: AnswerContext },
): Uint8Array | undefined {
  if (payload !== undefined) {
    const part = value[payload.name];
    if (part === undefined || part === null) return undefined;
    if (payload.isEventStream && payload.shape.kind === "structure") {
      const write = (shape: Structure, event: unknown) =>
        documents.writeStructure(shape, event, context);
      return eventStreamBytes(payload.shape, part, { contentType: documents.contentType, write });
    }
    return writeRaw(payload, part) ?? documents.writePayload(payload, part, context);
  }
  return body.members.length === 0 ? undefined : documents.writeStructure(body, value, context);
}

/** A payload that is bytes or text travels as it is, whatever the protocol's documents are. */
function writeRaw({ shape }: Member, value: unknown): Uint8Array | undefined {
  if (shape.kind === "blob")
    return value instanceof Uint8Array ? value : Buffer.from(scalarText(value));
  return shape.kind === "string" ? Buffer.from(scalarText(value)) : undefined;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The reading half of {@link writeRaw}. */
export function readRaw({ shape }: Member, body: Uint8Array): unknown {
  if (shape.kind === "blob") return body;
  return shape.kind === "string" ? textOf(body) : undefined;
}

export function textOf(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw serializationFault("The request body is not UTF-8 text.");
  }
}
