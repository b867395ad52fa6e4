import type { IncomingMessage } from "node:http";
import type { DoorMatch } from "../../../service.ts";
import type { EcrParts } from "../parts.ts";
import type { Session } from "./authorization.ts";
import { RegistryError } from "./errors.ts";

/** A request without credentials. AWS answers in plain text, unlike all its other refusals. */
export class NotAuthorizedError extends Error {
  override readonly name = "NotAuthorizedError";
}

/**
 * Who asks, and whose repositories a request is about: those of the host's account and region, or else of the
 * account and region that its password was issued for.
 *
 * Source: an expired password from CircleCI-Public/aws-ecr-orb#265 (text) and serverless/serverless#13116
 * (403); a wrong one is known to answer docker's login with 400. Unverified: its text.
 *
 * @throws {NotAuthorizedError | RegistryError}
 */
export function authenticate(
  { ecr, tokens }: EcrParts,
  request: IncomingMessage,
  { id: account, region }: DoorMatch,
): Session {
  const [, encoded] = /^Basic\s+([\w+/=-]+)\s*$/i.exec(request.headers.authorization ?? "") ?? [];
  if (encoded === undefined) throw new NotAuthorizedError();
  const credentials = Buffer.from(encoded, "base64").toString("latin1");
  const colon = credentials.indexOf(":");
  const judged = tokens.judge(credentials.slice(colon + 1));
  switch (judged.kind) {
    case "valid":
      if (credentials.slice(0, colon) !== "AWS") throw invalidToken();
      return {
        state: ecr.in(account === "" ? judged.place : { account, region }),
        holder: judged.holder,
      };
    case "expired":
      throw new RegistryError(
        403,
        "DENIED",
        "Your authorization token has expired. Reauthenticate and try again.",
      );
    case "invalid":
      throw invalidToken();
    default:
      throw new Error(`no such judgement: ${String(judged satisfies never)}`);
  }
}

function invalidToken(): RegistryError {
  return new RegistryError(400, "DENIED", "Your Authorization Token is invalid.");
}
