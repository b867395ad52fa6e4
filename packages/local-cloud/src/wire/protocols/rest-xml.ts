import { AwsError } from "../../aws-error.ts";
import { writeXmlRoot } from "../codecs/xml-writer.ts";
import { parseXml, type XmlElement } from "../codecs/xml-parser.ts";
import { readXmlStructure } from "../codecs/xml-reader.ts";
import { serializationFault } from "../serialization-fault.ts";
import type { Member, Structure } from "../../model/shape.ts";
import type { AnswerContext, Protocol } from "./protocol.ts";
import { errorResponse } from "./query.ts";
import { readRaw, restProtocol, textOf } from "./rest.ts";

export function restXmlProtocol(): Protocol {
  return restProtocol({
    contentType: "application/xml",
    readStructure: (shape, body) =>
      body.byteLength === 0 ? {} : asMalformed(() => readXmlStructure(shape, rootOf(body, shape))),
    readPayload: (member, body) =>
      readRaw(member, body) ??
      asMalformed(() => readXmlStructure(structure(member), parseDocument(body))),
    writeStructure: (shape, value, context) =>
      document(shape.traits.xmlName ?? shape.name, shape, value, context),
    writePayload: (member, value, context) => {
      const shape = structure(member);
      const name = member.xmlName ?? shape.traits.xmlName ?? shape.name;
      return document(name, shape, value, context);
    },
    writeFailure: (failure, body, context) =>
      Buffer.from(PROLOG + errorResponse({ ...failure, shape: failure.shape && body }, context)),
  });
}

/** The document's root, which must have the input's name. Source: the error as public issues quote it. */
function rootOf(body: Uint8Array, shape: Structure): XmlElement {
  const root = parseDocument(body);
  const expected = shape.traits.xmlName ?? shape.name;
  if (root.name !== expected) {
    throw malformedInput(`${root.name} is not valid, expected ${expected}`);
  }
  return root;
}

/** Source: the error as public issues quote it. */
function parseDocument(body: Uint8Array): XmlElement {
  try {
    return parseXml(textOf(body));
  } catch (error) {
    throw error instanceof AwsError ? malformedInput("Could not parse XML") : error;
  }
}

/** Unverified: that a value of the wrong type gets this code too. */
function asMalformed<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw error instanceof AwsError ? malformedInput(error.message) : error;
  }
}

/** The code of Route 53, the one service of this protocol here, for a body that it cannot read. */
function malformedInput(message: string): AwsError {
  return new AwsError("MalformedInput", message, { status: 400 });
}

const PROLOG = '<?xml version="1.0"?>\n';

function document(
  name: string,
  shape: Structure,
  value: unknown,
  { model }: AnswerContext,
): Uint8Array {
  return Buffer.from(PROLOG + writeXmlRoot(name, shape, value, model?.protocol.xmlNamespace));
}

function structure({ shape }: Member): Structure {
  if (shape.kind === "structure") return shape;
  throw serializationFault(`A payload cannot be a ${shape.kind} in XML.`);
}
