import { LABEL_MAX, NAME_MAX } from "./limits.ts";

/** A domain name as Route 53 keeps it, or what AWS says is wrong with it. */
export type ReadName =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "fault"; readonly fault: string };

/**
 * Reads a name: lower case, a dot at its end, and everything but letters, digits, "-" and "_" as a code of three
 * octal digits, the "*" among them. Source: AWS docs, "DNS domain name format". Faults: AWS's words in public issues.
 */
export function readName(text: string): ReadName {
  const bare = text.endsWith(".") && text !== "." ? text.slice(0, -1) : text;
  if (bare === "") return fault("DomainNameEmpty", "Domain name is empty", text);
  const labels = bare.split(".");
  if (labels.includes("")) return fault("DomainLabelEmpty", "Domain label is empty", text);
  if (labels.some((label) => decodedLength(label) > LABEL_MAX)) {
    return fault("DomainLabelTooLong", "Domain label is too long", text);
  }
  const name = `${labels.map(escapeLabel).join(".")}.`;
  if (decodedLength(name) > NAME_MAX) {
    return fault("DomainNameTooLong", "Domain name is too long", text);
  }
  return { kind: "name", name };
}

function fault(code: string, what: string, text: string): ReadName {
  return { kind: "fault", fault: `FATAL problem: ${code} (${what}) encountered with '${text}'` };
}

const OCTAL = /\\([0-3][0-7]{2})/g;

function decodedLength(text: string): number {
  return text.replaceAll(OCTAL, "_").length;
}

function escapeLabel(label: string): string {
  return [...label.toLowerCase().matchAll(/\\[0-3][0-7]{2}|[^]/g)]
    .map(([part]) => (part.length > 1 || /[a-z0-9_-]/.test(part) ? part : octal(part)))
    .join("");
}

function octal(character: string): string {
  return [...Buffer.from(character, "utf8")]
    .map((byte) => `\\${byte.toString(8).padStart(3, "0")}`)
    .join("");
}

/** The name without its last dot, as hosts are written. */
export function withoutDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

/**
 * Sorts as Route 53 lists: by the labels from the right, each with its dot: "com.example.www.".
 * Source: API reference, ListResourceRecordSets.
 */
export function sortKey(name: string): string {
  return `${withoutDot(name).split(".").toReversed().join(".")}.`;
}

/** Whether a name is the zone's own or lies below it. */
export function isWithin(name: string, zoneName: string): boolean {
  return name === zoneName || name.endsWith(`.${zoneName}`);
}

export const WILDCARD_LABEL = "\\052";
