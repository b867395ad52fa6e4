import type { Traits } from "./shape.ts";

/** The code and status that the query protocols use for an error, where they are not its own. */
export function queryErrorOf(traits: Traits): { code: string; status: number } | undefined {
  const trait: unknown = traits.awsQueryError;
  return Array.isArray(trait) ? { code: String(trait[0]), status: Number(trait[1]) } : undefined;
}
