import { writeXmlRoot } from "../codecs/xml-writer.ts";
import { parseXml } from "../codecs/xml-parser.ts";
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
      body.byteLength === 0 ? {} : readXmlStructure(shape, parseXml(textOf(body))),
    readPayload: (member, body) =>
      readRaw(member, body) ?? readXmlStructure(structure(member), parseXml(textOf(body))),
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
