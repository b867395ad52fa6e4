import type { HookCall, HookOutcome, PreflightFinding } from "@headgate/core";
import { lookAt, problem } from "../preflight.ts";
import { BODY_LIMIT, readBounded } from "./bounded-body.ts";
import { reasonOf } from "./smoke.ts";
import { tail, verdictIn } from "./verdict.ts";

/** Client errors that say nothing about the canary: we asked the wrong way, or too often. */
const NOT_ASKED = new Set([401, 403, 404, 405, 407, 408, 429]);

/**
 * Posts the call's input as JSON. 2xx is a pass, unless a JSON body says `"verdict": "fail"`; 4xx is a
 * fail, but for the statuses that mean the question never reached the hook (401, 403, 404, 405, 407,
 * 408, 429); everything else, redirects and answers of more than 1 MB too, is an error.
 */
export async function callUrl(call: HookCall, url: string): Promise<HookOutcome> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "headgate" },
      body: JSON.stringify(call.input),
      redirect: "manual",
      signal: AbortSignal.timeout(call.timeoutMs),
    });
    const body = await readBounded(response);
    if (body === undefined) {
      return { verdict: "error", detail: `${url} answered more than ${BODY_LIMIT}` };
    }
    return outcomeOf(response.status, body);
  } catch (error) {
    return {
      verdict: "error",
      detail: `${url} did not answer: ${reasonOf(error, call.timeoutMs)}`,
    };
  }
}

function outcomeOf(status: number, body: string): HookOutcome {
  const said = verdictIn(body);
  const detail = `status ${status}: ${said?.detail ?? tail(body)}`;
  if (status >= 200 && status < 300) return { verdict: said?.verdict ?? "pass", detail };
  const isFail = status >= 400 && status < 500 && !NOT_ASKED.has(status);
  return { verdict: isFail ? "fail" : "error", detail };
}

/** The address is checked, not called: what a call does is the hook's affair. */
export function lookAtUrl(check: string, url: string): Promise<PreflightFinding> {
  return lookAt(check, () => {
    const parsed = URL.parse(url);
    if (parsed !== null && /^https?:$/.test(parsed.protocol)) return url;
    return problem(`"${url}" is not an http or https address`, "Correct the hook's URL.");
  });
}
