import { serializationFault } from "../serialization-fault.ts";

/** An element without its namespace: prefixes and `xmlns` say nothing that AWS's schemas ask. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/** Deeper than any AWS input; keeps a hostile document from growing the tree without end. */
const DEEPEST = 100;

const NAME = String.raw`[A-Za-z_:][\w.:\-]*`;
const START_TAG = new RegExp(
  String.raw`<(${NAME})((?:\s+${NAME}\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(/?)>`,
  "y",
);
const ATTRIBUTE = new RegExp(String.raw`(${NAME})\s*=\s*(?:"([^"]*)"|'([^']*)')`, "g");
const END_TAG = new RegExp(String.raw`</(${NAME})\s*>`, "y");

/**
 * Reads the part of XML that requests use: elements, attributes, text, CDATA, comments and the
 * predefined references. A document type is refused, so there are no entities to expand.
 * @throws {AwsError} SerializationException
 */
export function parseXml(text: string): XmlElement {
  const root: XmlElement = { name: "", attributes: new Map(), children: [], text: "" };
  const open: XmlElement[] = [root];
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  while (at < text.length) {
    const parent = open.at(-1) ?? root;
    if (text.charAt(at) !== "<") {
      const end = indexOrEnd(text, "<", at);
      parent.text += decodeReferences(text.slice(at, end));
      at = end;
    } else if (text.startsWith("<!--", at)) at = after(text, "-->", at + 4);
    else if (text.startsWith("<?", at)) at = after(text, "?>", at + 2);
    else if (text.startsWith("<![CDATA[", at)) {
      const end = after(text, "]]>", at + 9);
      parent.text += text.slice(at + 9, end - 3);
      at = end;
    } else if (text.startsWith("</", at)) at = closeElement(text, at, open);
    else at = openElement(text, at, open);
  }
  const [only, ...others] = root.children;
  if (open.length !== 1 || only === undefined || others.length > 0 || root.text.trim() !== "") {
    throw malformed();
  }
  return only;
}

function openElement(text: string, at: number, open: XmlElement[]): number {
  START_TAG.lastIndex = at;
  const found = START_TAG.exec(text);
  if (found === null || open.length > DEEPEST) throw malformed();
  const attributes = new Map<string, string>();
  for (const [, name = "", double, single] of (found[2] ?? "").matchAll(ATTRIBUTE)) {
    attributes.set(name, decodeReferences(double ?? single ?? ""));
  }
  const child: XmlElement = { name: localName(found[1] ?? ""), attributes, children: [], text: "" };
  open.at(-1)?.children.push(child);
  if (found[3] !== "/") open.push(child);
  return START_TAG.lastIndex;
}

function closeElement(text: string, at: number, open: XmlElement[]): number {
  END_TAG.lastIndex = at;
  const found = END_TAG.exec(text);
  if (found === null || open.length < 2 || open.at(-1)?.name !== localName(found[1] ?? "")) {
    throw malformed();
  }
  open.pop();
  return END_TAG.lastIndex;
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function indexOrEnd(text: string, wanted: string, from: number): number {
  const found = text.indexOf(wanted, from);
  return found === -1 ? text.length : found;
}

function after(text: string, wanted: string, from: number): number {
  const found = text.indexOf(wanted, from);
  if (found === -1) throw malformed();
  return found + wanted.length;
}

const REFERENCES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

function decodeReferences(text: string): string {
  if (!text.includes("&")) return text;
  return text.replaceAll(/&([^;&\s]{0,10});?/g, (whole, name: string) => {
    if (!whole.endsWith(";")) throw malformed();
    if (Object.hasOwn(REFERENCES, name)) return REFERENCES[name] ?? "";
    const digits = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name);
    const point = digits?.[1] === undefined ? Number(digits?.[2]) : Number.parseInt(digits[1], 16);
    if (!(point <= 0x10ffff)) throw malformed();
    return String.fromCodePoint(point);
  });
}

function malformed(): Error {
  return serializationFault("The request body is not valid XML.");
}
