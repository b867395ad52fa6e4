import { type Condition, parseCondition } from "./filter-condition.ts";
import type { FieldLookup } from "./filter-pattern.ts";
import { FilterPatternError } from "./filter-regex.ts";

type Fields = ReadonlyMap<string, string>;

interface Column {
  readonly name: string;
  readonly condition: Condition<Fields> | undefined;
}

/** `[ip, user, ..., status = 5*, bytes > 1000]`: a line's words by position, with conditions. */
export function delimitedPattern(text: string): (message: string) => FieldLookup | undefined {
  if (!text.endsWith("]")) throw new FilterPatternError('expected "]" at the end');
  const parts = text
    .slice(1, -1)
    .split(",")
    .map((part) => part.trim());
  const gap = parts.indexOf("...");
  const before = parts.slice(0, gap < 0 ? parts.length : gap).map(columnOf);
  const after = gap < 0 ? [] : parts.slice(gap + 1).map(columnOf);
  return (message) => {
    const words = wordsOf(message);
    const wanted = before.length + after.length;
    if (gap < 0 ? words.length !== wanted : words.length < wanted) return undefined;
    const fields = new Map<string, string>();
    before.forEach(({ name }, index) => fields.set(name, words[index] ?? ""));
    after.forEach(({ name }, index) =>
      fields.set(name, words[words.length - after.length + index] ?? ""),
    );
    const holds = [...before, ...after].every(({ condition }) => condition?.(fields) ?? true);
    return holds ? (selector) => fields.get(selector.replace(/^\$/, "")) : undefined;
  };
}

function columnOf(text: string): Column {
  const name = /^\(?\s*([\w.-]+)/.exec(text)?.[1];
  if (name === undefined) throw new FilterPatternError(`"${text}" names no field`);
  if (name === text) return { name, condition: undefined };
  const condition = parseCondition<Fields>(text, (selector) => (fields) => {
    const value = fields.get(selector);
    return value === undefined ? [] : [value];
  });
  return { name, condition };
}

/** Words between spaces; text in quotation marks or square brackets is one word, without them. */
function wordsOf(message: string): string[] {
  return Array.from(
    message.matchAll(/"([^"]*)"|\[([^\]]*)\]|(\S+)/g),
    ([, quoted, bracketed, word]) => quoted ?? bracketed ?? word ?? "",
  );
}
