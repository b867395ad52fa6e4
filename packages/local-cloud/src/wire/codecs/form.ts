import type { Dictionary, List, Member, Shape, Structure } from "../../model/shape.ts";
import { serializationFault } from "../serialization-fault.ts";
import type { Query } from "../wire-request.ts";
import { readScalar, setKey } from "./scalar.ts";

/**
 * The parameters of a query request as a tree: "Tags.member.1.Key=a" is under Tags, member, 1, Key.
 * Maps, because a client chooses the names.
 */
interface Node {
  value: string | undefined;
  readonly parts: Map<string, Node>;
}

export type FormDialect = "awsQuery" | "ec2Query";

/** Deeper than any AWS input; bounds the work a hostile name can ask for. */
const DEEPEST = 64;

/** @throws {AwsError} SerializationException */
export function readForm(
  shape: Structure,
  form: Query,
  dialect: FormDialect,
): Record<string, unknown> {
  const root: Node = { value: undefined, parts: new Map() };
  for (const [name, value] of form) {
    let node = root;
    const names = name.split(".");
    if (names.length > DEEPEST) throw serializationFault("The parameter name nests too deeply.");
    for (const part of names) {
      let next = node.parts.get(part);
      if (next === undefined) {
        next = { value: undefined, parts: new Map() };
        node.parts.set(part, next);
      }
      node = next;
    }
    node.value = value;
  }
  return readMembers(shape, root, dialect);
}

function readNode(member: Member, node: Node, dialect: FormDialect): unknown {
  const { shape } = member;
  switch (shape.kind) {
    case "structure":
      return readMembers(shape, node, dialect);
    case "list":
      return readList(shape, node, member.isFlattened || dialect === "ec2Query", dialect);
    case "map":
      return readMap(shape, node, member.isFlattened, dialect);
    case "document":
      throw serializationFault("A document cannot be sent in a query.");
    default:
      return readLeaf(shape, node);
  }
}

function readLeaf(
  shape: Exclude<Shape, { kind: "structure" | "list" | "map" | "document" }>,
  node: Node,
): unknown {
  if (node.value === undefined)
    throw serializationFault("Start of structure or map found where not expected.");
  return readScalar(shape, node.value, "date-time");
}

function readMembers(shape: Structure, node: Node, dialect: FormDialect): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const member of shape.members) {
    const part = node.parts.get(nameOf(member, dialect));
    if (part !== undefined) result[member.name] = readNode(member, part, dialect);
  }
  return result;
}

function nameOf(member: Member, dialect: FormDialect): string {
  if (dialect === "awsQuery") return member.xmlName ?? member.name;
  const ec2Name: unknown = member.traits.ec2QueryName;
  if (typeof ec2Name === "string") return ec2Name;
  const name = member.xmlName ?? member.name;
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** "P.member.1=a", flattened "P.1=a"; "P=" alone is an empty list. */
function readList(shape: List, node: Node, isFlattened: boolean, dialect: FormDialect): unknown[] {
  const items = isFlattened ? node : node.parts.get(shape.item.xmlName ?? "member");
  if (items === undefined) return [];
  return indexed(items).map((part) => readNode(shape.item, part, dialect));
}

/** "P.entry.1.key=a&P.entry.1.value=b", flattened "P.1.key". */
function readMap(
  shape: Dictionary,
  node: Node,
  isFlattened: boolean,
  dialect: FormDialect,
): Record<string, unknown> {
  const entries = isFlattened ? node : node.parts.get("entry");
  const result: Record<string, unknown> = {};
  if (entries === undefined) return result;
  for (const entry of indexed(entries)) {
    const key = entry.parts.get(shape.key.xmlName ?? "key")?.value;
    const value = entry.parts.get(shape.value.xmlName ?? "value");
    if (key === undefined) throw serializationFault("A map entry has no key.");
    if (value !== undefined) setKey(result, key, readNode(shape.value, value, dialect));
  }
  return result;
}

/** Parts in the order of their numbers, which need not be without gaps. */
function indexed(node: Node): Node[] {
  const numbered: [number, Node][] = [];
  for (const [name, part] of node.parts) {
    if (!/^\d{1,9}$/.test(name)) throw serializationFault(`Unexpected list index ${name}`);
    numbered.push([Number(name), part]);
  }
  return numbered.toSorted(([left], [right]) => left - right).map(([, part]) => part);
}
