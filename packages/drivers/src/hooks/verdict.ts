import type { HookOutcome } from "@headgate/core";

/**
 * What a hook may answer with: `{"verdict": "pass", "detail": "312 orders checked"}`, or, as hooks of Amazon ECS
 * deployments do, `{"hookStatus": "SUCCEEDED"}` or `"FAILED"`.
 */
export function verdictIn(text: string): HookOutcome | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return undefined;
    const verdict = wordIn(parsed);
    if (verdict === undefined) return undefined;
    const detail = "detail" in parsed && typeof parsed.detail === "string" ? parsed.detail : "";
    return { verdict, detail };
  } catch {
    return undefined;
  }
}

function wordIn(answer: object): "pass" | "fail" | undefined {
  if ("verdict" in answer) {
    return answer.verdict === "pass" || answer.verdict === "fail" ? answer.verdict : undefined;
  }
  if (!("hookStatus" in answer)) return undefined;
  if (answer.hookStatus === "SUCCEEDED") return "pass";
  return answer.hookStatus === "FAILED" ? "fail" : undefined;
}

/** The end of a text, where programs say what went wrong; on one line. */
export function tail(text: string): string {
  const MOST = 500;
  const line = text.trim().replaceAll(/\s+/g, " ");
  return line.length <= MOST ? line : `...${line.slice(-MOST)}`;
}
