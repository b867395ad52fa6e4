import type { Structure } from "../../model/shape.ts";
import { scalarText } from "../codecs/scalar.ts";

/**
 * AWS's validation messages are made by Java's `toString`: lists in brackets, maps in braces,
 * doubles with a decimal point, structures by class name.
 */
export function javaText(value: unknown, isFloat: boolean): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "number") return numberText(value, isFloat);
  if (value instanceof Uint8Array) {
    const size = value.byteLength;
    return `java.nio.HeapByteBuffer[pos=0 lim=${size} cap=${size}]`;
  }
  if (value instanceof Date) return value.toUTCString();
  if (Array.isArray(value)) return `[${value.map((item) => javaText(item, isFloat)).join(", ")}]`;
  if (typeof value === "object") {
    const pairs = Object.entries(value).map(([key, part]) => `${key}=${javaText(part, isFloat)}`);
    return `{${pairs.join(", ")}}`;
  }
  return scalarText(value);
}

/** "MetricTransformation(metricName=a, defaultValue=null)": every member, in the model's order. */
export function structureText(shape: Structure, value: Readonly<Record<string, unknown>>): string {
  const members = shape.members.map(
    ({ name }) => `${lowerFirst(name)}=${javaText(value[name], false)}`,
  );
  return `${shape.name}(${members.join(", ")})`;
}

export function numberText(value: number, isFloat: boolean): string {
  return isFloat && Number.isInteger(value) ? value.toFixed(1) : String(value);
}

export function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/**
 * The order in which AWS lists an enum's values. It is that of a hash table with 32 buckets over
 * Java's string hash, where a newcomer enters its bucket in front: so the order follows from the
 * model's. Source: computed, and equal to all recorded AWS answers with enums of 2 to 42 values.
 */
export function enumOrder(values: readonly string[]): string[] {
  return values
    .map((value, index) => ({ value, index, bucket: javaHash(value) & 31 }))
    .toSorted((left, right) => left.bucket - right.bucket || right.index - left.index)
    .map(({ value }) => value);
}

function javaHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  }
  return hash;
}

/**
 * A Java pattern that a whole string must match, as JavaScript's.
 * @returns undefined when JavaScript has no such pattern; the value then goes unchecked.
 */
export function javaPattern(pattern: string): RegExp | undefined {
  const caseless = pattern.startsWith("(?i)");
  const body = (caseless ? pattern.slice(4) : pattern).replaceAll(
    /\\p\{(Alpha|Digit|Alnum|Upper|Lower|Punct|Space|ASCII)\}/g,
    (whole, name: string) => POSIX_CLASSES[name] ?? whole,
  );
  // Unicode mode knows \p{L}; the other takes escapes that Java takes and Unicode mode refuses.
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(`^(?:${body})$`, flags + (caseless ? "i" : ""));
    } catch {
      continue;
    }
  }
  return undefined;
}

/** Inside a character class or alone, these read the same in both modes. */
const POSIX_CLASSES: Readonly<Record<string, string>> = {
  Alpha: "[A-Za-z]",
  Digit: String.raw`\d`,
  Alnum: "[A-Za-z0-9]",
  Upper: "[A-Z]",
  Lower: "[a-z]",
  Punct: "[!-\\/:-@\\[-`\\{-~]",
  Space: String.raw`\s`,
  ASCII: String.raw`[\x00-\x7F]`,
};
