import type { HookOutcome } from "@headgate/core";

/** What a hook may answer with: `{"verdict": "pass", "detail": "312 orders checked"}`. */
export function verdictIn(text: string): HookOutcome | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || !("verdict" in parsed)) return undefined;
    const { verdict } = parsed;
    if (verdict !== "pass" && verdict !== "fail") return undefined;
    const detail = "detail" in parsed && typeof parsed.detail === "string" ? parsed.detail : "";
    return { verdict, detail };
  } catch {
    return undefined;
  }
}

/** The end of a text, where programs say what went wrong; on one line. */
export function tail(text: string): string {
  const MOST = 500;
  const line = text.trim().replaceAll(/\s+/g, " ");
  return line.length <= MOST ? line : `...${line.slice(-MOST)}`;
}
