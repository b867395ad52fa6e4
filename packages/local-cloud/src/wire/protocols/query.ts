import type { Operation } from "../../model/service-model.ts";
import { readForm, type FormDialect } from "../codecs/form.ts";
import { element, escapeXml, writeXmlMembers, xmlnsOf } from "../codecs/xml-writer.ts";
import type { Failure } from "../failure.ts";
import { parseQuery, queryValue, type Query, type WireRequest } from "../wire-request.ts";
import type { AnswerContext, FoundOperation, Protocol } from "./protocol.ts";

/** The protocols that send a form and answer XML. EC2's differs in names and envelopes. */
export function queryProtocol(dialect: FormDialect): Protocol {
  const envelopes = dialect === "awsQuery" ? QUERY : EC2;
  const answer = (status: number, xml: string, { requestId }: AnswerContext) => ({
    status,
    headers: { "content-type": "text/xml;charset=UTF-8", "x-amzn-RequestId": requestId },
    body: Buffer.from(xml),
  });
  return {
    find(model, request): FoundOperation {
      const named = queryValue(formOf(request), "Action") ?? "";
      const operation = model.operations.get(named);
      return operation === undefined
        ? { kind: "unknown", named }
        : { kind: "found", operation, labels: {} };
    },
    read: ({ operation }, request) => readForm(operation.input, formOf(request), dialect),
    write: (operation, output, context) =>
      answer(200, envelopes.success(operation, output ?? {}, context), context),
    writeFailure: (failure, context) =>
      answer(failure.status, envelopes.failure(failure, context), context),
  };
}

const forms = new WeakMap<WireRequest, Query>();
const utf8 = new TextDecoder();

/** The form in the body and the URL. Kept with the request: finding the operation needs it first. */
export function formOf(request: WireRequest): Query {
  const known = forms.get(request);
  if (known !== undefined) return known;
  const form = [...request.query, ...parseQuery(utf8.decode(request.body))];
  forms.set(request, form);
  return form;
}

interface Envelopes {
  success(operation: Operation, output: unknown, context: AnswerContext): string;
  failure(failure: Failure, context: AnswerContext): string;
}

const QUERY: Envelopes = {
  success({ name, output: shape }, output, { model, requestId }) {
    const members = writeXmlMembers(shape, output);
    const result = shape.name === "Unit" ? "" : element(`${name}Result`, members);
    const metadata = element("ResponseMetadata", element("RequestId", requestId));
    return element(
      `${name}Response`,
      result + metadata,
      xmlnsOf(undefined, model?.protocol.xmlNamespace),
    );
  },
  failure: (failure, context) => errorResponse(failure, context),
};

const EC2: Envelopes = {
  success({ name, output: shape }, output, { model, requestId }) {
    const members =
      shape.name === "Unit" ? element("return", "true") : writeXmlMembers(shape, output);
    const namespace = xmlnsOf(undefined, `${model?.protocol.xmlNamespace}/`);
    return (
      PROLOG + element(`${name}Response`, element("requestId", requestId) + members, namespace)
    );
  },
  failure({ queryCode, message }, { requestId }) {
    const error = element("Code", escapeXml(queryCode)) + element("Message", escapeXml(message));
    const errors = element("Errors", element("Error", error));
    return PROLOG + element("Response", errors + element("RequestID", requestId));
  },
};

const PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** The error document of awsQuery and restXml. */
export function errorResponse(failure: Failure, { model, requestId }: AnswerContext): string {
  const { shape, members, fault, queryCode, message } = failure;
  const others = shape?.members.filter(({ name }) => name.toLowerCase() !== "message") ?? [];
  const error =
    element("Type", fault) +
    element("Code", escapeXml(queryCode)) +
    element("Message", escapeXml(message)) +
    (shape === undefined ? "" : writeXmlMembers({ ...shape, members: others }, members));
  const namespace = xmlnsOf(undefined, model?.protocol.xmlNamespace);
  return element(
    "ErrorResponse",
    element("Error", error) + element("RequestId", requestId),
    namespace,
  );
}
