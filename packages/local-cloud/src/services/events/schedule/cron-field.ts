/** What the numbers of a field may be; `names` stand for the numbers from `from` on. */
interface FieldRange {
  readonly from: number;
  readonly to: number;
  readonly names?: readonly string[];
}

/** The numbers of "5,35", "0/15", "8-17", "MON-FRI" or "*", sorted; undefined for what is none. */
export function numbersOf(field: string, range: FieldRange): readonly number[] | undefined {
  const numbers = new Set<number>();
  for (const part of field.split(",")) {
    const found = rangeOf(part, range);
    if (found === undefined) return undefined;
    for (let number = found.from; number <= found.to; number += found.step) numbers.add(number);
  }
  return [...numbers].toSorted((a, b) => a - b);
}

function rangeOf(part: string, range: FieldRange) {
  const [span = "", stepText, ...rest] = part.split("/");
  const step = stepText === undefined ? 1 : Number(stepText);
  if (rest.length > 0 || !Number.isInteger(step) || step < 1) return undefined;
  if (span === "*") return { from: range.from, to: range.to, step };
  const [first = "", last, ...more] = span.split("-");
  const from = numberOf(first, range);
  const open = stepText === undefined ? from : range.to;
  const to = last === undefined ? open : numberOf(last, range);
  if (more.length > 0 || from === undefined || to === undefined || from > to) return undefined;
  return { from, to, step };
}

export function numberOf(text: string, { from, to, names = [] }: FieldRange): number | undefined {
  const named = names.indexOf(text.toUpperCase());
  const number = named >= 0 ? named + from : Number(text);
  const isNumber = named >= 0 || /^\d+$/.test(text);
  return isNumber && number >= from && number <= to ? number : undefined;
}
