import { z } from "zod";

/** An object that refuses keys it does not know, and names the nearest one it does. */
export function strict<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === "unrecognized_keys") return unknownKeys(issue.keys, known);
      return `a mapping with ${known.join(", ")}`;
    },
  });
}

/** As {@link strict}, with exactly one of its keys given: how the file chooses between kinds. */
export function exactlyOne<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape);
  const expected = `exactly one of ${known.join(", ")}`;
  return strict(shape)
    .meta({ minProperties: 1, maxProperties: 1 })
    .superRefine((value, context) => {
      const given = Object.keys(value);
      // An unknown key has its own message.
      if (given.length === 1 || given.some((key) => !known.includes(key))) return;
      context.addIssue({ code: "custom", message: expected });
    });
}

function unknownKeys(keys: readonly string[], known: readonly string[]): string {
  return keys
    .map((key) => {
      const near = nearest(key, known);
      const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
      return `unknown key "${key}".${hint} Known keys: ${known.join(", ")}.`;
    })
    .join(" ");
}

/** The candidate that is closest to `word`, when it is close enough to be what was meant. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
