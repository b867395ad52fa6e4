import { isJsonObject, type JsonObject, parseJsonObject } from "../../json-object.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { badRequest } from "./errors.ts";
import type { ApiRow } from "./state.ts";

/**
 * A policy as an API keeps it; undefined for none, which is also what an empty text says.
 * Source of the text: AWS's answer as aws/chalice#2065 quotes it.
 * @throws BadRequestException for what is no policy document at all.
 */
export function policyGiven(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  if (parseJsonObject(text) === undefined) {
    throw badRequest(
      "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.",
    );
  }
  return text;
}

/**
 * The policy that a deployment is served with: "execute-api:/prod/GET/*" stands for the API's own ARN.
 * Source: AWS docs, "Access policy language overview for Amazon API Gateway", and GetRestApi's answers. Ours: the
 * spelling out happens at the deployment, and GetRestApi shows what was put.
 */
export function deployedPolicy({ account, region }: Place, api: ApiRow): string | undefined {
  const document = parseJsonObject(api.policy ?? "");
  if (document === undefined) return undefined;
  const own = `arn:aws:execute-api:${region}:${account}:${api.id}/`;
  const full = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(full);
    return typeof value === "string" ? value.replace(/^execute-api:\//, own) : value;
  };
  const spelledOut = (statement: unknown): unknown =>
    isJsonObject(statement) ? withResources(statement, full) : statement;
  const { Statement: given } = document;
  const Statement = Array.isArray(given) ? given.map(spelledOut) : spelledOut(given);
  return JSON.stringify({ ...document, Statement });
}

function withResources(statement: JsonObject, full: (value: unknown) => unknown): JsonObject {
  return Object.fromEntries(
    Object.entries(statement).map(([member, value]) => [
      member,
      member === "Resource" || member === "NotResource" ? full(value) : value,
    ]),
  );
}
