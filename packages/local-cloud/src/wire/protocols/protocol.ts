import type { Operation, ServiceModel } from "../../model/service-model.ts";
import type { Failure } from "../failure.ts";
import type { WireRequest } from "../wire-request.ts";
import type { WireResponse } from "../wire.ts";

/** One of AWS's wire protocols, the server's half. Stateless. */
export interface Protocol {
  /** The operation a request names, or what it names in vain. */
  find(model: ServiceModel, request: WireRequest): FoundOperation;
  /** @throws {AwsError} SerializationException, or another refusal of what the client sent. */
  read(found: OperationCall, request: WireRequest): Record<string, unknown>;
  write(operation: Operation, output: unknown, context: AnswerContext): WireResponse;
  writeFailure(failure: Failure, context: AnswerContext): WireResponse;
}

/** What an answer needs besides its content. The model is unknown when the service is. */
export interface AnswerContext {
  readonly requestId: string;
  readonly model: ServiceModel | undefined;
}

export interface OperationCall {
  readonly operation: Operation;
  /** Path labels, still percent-encoded. */
  readonly labels: Readonly<Record<string, string>>;
}

export type FoundOperation =
  | ({ readonly kind: "found" } & OperationCall)
  /** `named` is what the request asks for: "Frobnicate", or "GET /frobs". */
  | { readonly kind: "unknown"; readonly named: string };
