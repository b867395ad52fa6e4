import { badRequest, noLoggingRole } from "../errors.ts";
import type { Patch } from "../patch.ts";
import type { StageRow } from "../state.ts";

/** `/accessLogSettings` and its two members, which can be set apart and removed only together. */
export function patchAccessLog(
  stage: StageRow,
  patch: Patch,
  facts: { hasLoggingRole(): boolean },
  nothingToRemove: () => Error,
): StageRow {
  const [, member] = patch.keys;
  if (patch.op === "remove") {
    if (member === undefined) return { ...stage, accessLog: undefined };
    throw nothingToRemove();
  }
  if (member !== "destinationArn" && member !== "format") {
    throw badRequest(
      "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, " +
        "/accessLogSettings/format]",
    );
  }
  const value = patch.value ?? "";
  if (value === "") throw badRequest("Access Log value must not be empty");
  const before = stage.accessLog ?? { destinationArn: undefined, format: undefined };
  if (member === "format") {
    checkFormat(value);
    return { ...stage, accessLog: { ...before, format: value } };
  }
  if (!facts.hasLoggingRole()) throw noLoggingRole();
  // AWS shows the ARN without the ":*" that CloudWatch Logs puts after a group's.
  return { ...stage, accessLog: { ...before, destinationArn: value.replace(/:\*$/, "") } };
}

/**
 * Source of the rules: AWS docs, "Set up logging for REST APIs". Unverified: the texts, which are known from
 * other emulators' notes only.
 */
function checkFormat(format: string): void {
  if (/[\r\n]/.test(format.replace(/\r?\n$/, ""))) {
    throw badRequest(
      "Access Log format must be single line, new line character is allowed only at end of the " +
        `format: '${format}'`,
    );
  }
  if (!/\$(?:context\.|\{context\.)(?:requestId|extendedRequestId)(?![A-Za-z0-9_.])/.test(format)) {
    throw badRequest(
      "Access Log format must include either $context.requestId or $context.extendedRequestId : " +
        `'${format}'`,
    );
  }
}
