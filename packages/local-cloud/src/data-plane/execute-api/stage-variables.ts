import type { Strings } from "./api-definition.ts";

/** Fills `${stageVariables.name}` into a text. A variable that is not set leaves nothing. */
export function withStageVariables(text: string, variables: Strings | undefined): string {
  if (!text.includes("${")) return text;
  return text.replaceAll(
    /\$\{stageVariables\.([A-Za-z0-9_]+)\}/g,
    (_whole, name: string) => variables?.[name] ?? "",
  );
}
