import type { Dictionary, List, Member, Shape, Structure } from "../../model/shape.ts";
import { scalarText, writeScalar } from "./scalar.ts";

/** The members of a structure as XML elements, without an element around them. */
export function writeXmlMembers(shape: Structure, value: unknown): string {
  const source = value as Readonly<Record<string, unknown>>;
  let xml = "";
  for (const member of shape.members) {
    const part = source[member.name];
    if (part === undefined || part === null || member.traits.xmlAttribute) continue;
    xml += writeMember(member, member.xmlName ?? member.name, part);
  }
  return xml;
}

/** A structure in an element of its own, as the payload of a REST answer. */
export function writeXmlRoot(
  name: string,
  shape: Structure,
  value: unknown,
  xmlNamespace: string | undefined,
): string {
  const namespace = namespaceOf(shape.traits) || xmlnsOf(undefined, xmlNamespace);
  return element(name, writeXmlMembers(shape, value), namespace + attributesOf(shape, value));
}

export function element(name: string, content: string, attributes = ""): string {
  return content === "" ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`;
}

function writeMember(member: Member, name: string, value: unknown): string {
  const { shape } = member;
  const attributes = namespaceOf(member.traits);
  switch (shape.kind) {
    case "structure":
      return element(name, writeXmlMembers(shape, value), attributes + attributesOf(shape, value));
    case "list":
      return member.isFlattened
        ? writeItems(shape, name, value)
        : element(name, writeItems(shape, shape.item.xmlName ?? "member", value), attributes);
    case "map":
      return member.isFlattened
        ? writeEntries(shape, name, value)
        : element(name, writeEntries(shape, "entry", value), attributes);
    default:
      return element(name, escapeXml(writeLeaf(shape, value)), attributes);
  }
}

function writeLeaf(
  shape: Exclude<Shape, { kind: "structure" | "list" | "map" }>,
  value: unknown,
): string {
  return shape.kind === "document" ? JSON.stringify(value) : writeScalar(shape, value, "date-time");
}

function writeItems(shape: List, name: string, value: unknown): string {
  let xml = "";
  for (const item of value as readonly unknown[]) {
    if (item !== undefined && item !== null) xml += writeMember(shape.item, name, item);
    else if (shape.isSparse) xml += element(name, "");
  }
  return xml;
}

function writeEntries(shape: Dictionary, name: string, value: unknown): string {
  const keyName = shape.key.xmlName ?? "key";
  const valueName = shape.value.xmlName ?? "value";
  let xml = "";
  for (const [key, part] of Object.entries(value as Readonly<Record<string, unknown>>)) {
    if (part === undefined || part === null) continue;
    const pair = element(keyName, escapeXml(key)) + writeMember(shape.value, valueName, part);
    xml += element(name, pair);
  }
  return xml;
}

/** Members that the model puts on the element itself, such as S3's `xsi:type`. */
function attributesOf(shape: Structure, value: unknown): string {
  let attributes = "";
  for (const member of shape.members) {
    if (!member.traits.xmlAttribute) continue;
    const part = (value as Readonly<Record<string, unknown>>)[member.name];
    if (part === undefined || part === null) continue;
    attributes += ` ${member.xmlName ?? member.name}="${escapeXml(scalarText(part))}"`;
  }
  return attributes;
}

function namespaceOf(traits: Member["traits"]): string {
  const namespace: unknown = traits.xmlNamespace;
  if (!Array.isArray(namespace)) return "";
  const [prefix, uri]: unknown[] = namespace;
  return typeof uri === "string"
    ? xmlnsOf(typeof prefix === "string" ? prefix : undefined, uri)
    : "";
}

export function xmlnsOf(prefix: string | undefined, uri: string | undefined): string {
  if (uri === undefined) return "";
  return ` xmlns${prefix ? `:${prefix}` : ""}="${escapeXml(uri)}"`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\r": "&#xD;",
  "\n": "&#xA;",
  "\u0085": "&#x85;",
  "\u2028": "&#x2028;",
};

/**
 * Line ends are written as references: a parser would otherwise change them. Characters that XML
 * cannot hold become the replacement character.
 */
export function escapeXml(text: string): string {
  return text.replaceAll(UNSAFE, (found) => ESCAPES[found] ?? "\uFFFD");
}

// The control characters are what the expression is for.
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[&<>"'\r\n\u0085\u2028\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;
