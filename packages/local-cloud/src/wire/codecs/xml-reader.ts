import type { Dictionary, List, Member, Structure } from "../../model/shape.ts";
import { serializationFault } from "../serialization-fault.ts";
import { readScalar, setKey } from "./scalar.ts";
import type { XmlElement } from "./xml-parser.ts";

/** @throws {AwsError} SerializationException */
export function readXmlStructure(shape: Structure, source: XmlElement): Record<string, unknown> {
  const byName = new Map<string, XmlElement[]>();
  for (const child of source.children) {
    const known = byName.get(child.name);
    if (known === undefined) byName.set(child.name, [child]);
    else known.push(child);
  }
  const result: Record<string, unknown> = {};
  for (const member of shape.members) {
    const name = member.xmlName ?? member.name;
    const elements = byName.get(name);
    if (member.traits.xmlAttribute) {
      const attribute = source.attributes.get(name);
      if (attribute !== undefined) result[member.name] = attribute;
    } else if (elements !== undefined) result[member.name] = readMember(member, elements);
  }
  return result;
}

function readMember(member: Member, elements: readonly XmlElement[]): unknown {
  const { shape } = member;
  const [first] = elements;
  if (first === undefined) return undefined;
  switch (shape.kind) {
    case "structure":
      return readXmlStructure(shape, first);
    case "list":
      return readList(shape, member.isFlattened ? elements : first.children);
    case "map":
      return readMap(shape, member.isFlattened ? elements : first.children);
    case "document":
      throw serializationFault("A document cannot be sent in XML.");
    default:
      if (first.children.length > 0) {
        throw serializationFault("Start of structure or map found where not expected.");
      }
      return readScalar(shape, first.text, "date-time");
  }
}

function readList(shape: List, elements: readonly XmlElement[]): unknown[] {
  return elements.map((item) => readMember(shape.item, [item]));
}

function readMap(shape: Dictionary, entries: readonly XmlElement[]): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const entry of entries) {
    const key = entry.children.find(({ name }) => name === (shape.key.xmlName ?? "key"));
    const value = entry.children.find(({ name }) => name === (shape.value.xmlName ?? "value"));
    if (key === undefined) throw serializationFault("A map entry has no key.");
    if (value !== undefined) setKey(result, key.text, readMember(shape.value, [value]));
  }
  return result;
}
