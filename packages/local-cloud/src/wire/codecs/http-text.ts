import type { Member, Shape, TimestampFormat } from "../../model/shape.ts";
import { readScalar, scalarText, writeScalar } from "./scalar.ts";

/** The value of a member that travels as text outside the body: in path, query or header. */
export function readText(member: Member, text: string, format: TimestampFormat): unknown {
  const shape = scalar(member.shape);
  const isEncodedJson =
    format === "http-date" && shape.kind === "string" && member.traits.mediaType;
  if (isEncodedJson) return Buffer.from(text, "base64").toString("utf8");
  return readScalar(shape, text, format);
}

/** @returns undefined for what must not be sent: an empty list. */
export function writeHeader(member: Member, value: unknown): string | undefined {
  if (member.shape.kind === "list") {
    const { item } = member.shape;
    const isPlain = item.shape.kind === "timestamp";
    const items = (value as readonly unknown[]).map((part) => {
      const text = writeScalar(scalar(item.shape), part, "http-date");
      return isPlain ? text : quoteIfNeeded(text);
    });
    return items.length === 0 ? undefined : items.join(", ");
  }
  if (member.shape.kind === "string" && member.traits.mediaType) {
    return Buffer.from(scalarText(value)).toString("base64");
  }
  return writeScalar(scalar(member.shape), value, "http-date");
}

export function readHeader(member: Member, text: string): unknown {
  if (member.shape.kind !== "list") return readText(member, text, "http-date");
  const { item } = member.shape;
  return splitHeader(text, item.shape).map((part) => readText(item, part, "http-date"));
}

/** Commas separate; quotes protect. An HTTP date has a comma of its own. */
function splitHeader(text: string, item: Shape): string[] {
  if (item.kind === "timestamp" && (item.format ?? "http-date") === "http-date") {
    const parts = text.split(",");
    const dates: string[] = [];
    for (let index = 0; index < parts.length; index += 2) {
      dates.push(
        parts
          .slice(index, index + 2)
          .join(",")
          .trim(),
      );
    }
    return dates;
  }
  const items: string[] = [];
  for (const [, quotedText, plain] of text.matchAll(
    /\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)/g,
  )) {
    if (quotedText !== undefined) items.push(quotedText.replaceAll(/\\(.)/g, "$1"));
    else if (plain !== undefined && plain.trim() !== "") items.push(plain.trim());
  }
  return items;
}

function quoteIfNeeded(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll(/(["\\])/g, "\\$1")}"` : text;
}

function scalar(shape: Shape): Parameters<typeof readScalar>[0] {
  switch (shape.kind) {
    case "structure":
    case "list":
    case "map":
    case "document":
      throw new TypeError(`a ${shape.kind} cannot travel as text`);
    default:
      return shape;
  }
}
