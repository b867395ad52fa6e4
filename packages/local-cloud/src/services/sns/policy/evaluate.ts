import { isJsonObject } from "../../../json-object.ts";
import { matchesWildcard } from "../../../wildcard.ts";
import { matchesArn } from "../../arn-like.ts";
import { type Statement, statementsOf, textsOf } from "./statement.ts";

/** Who wants to do what with a topic. */
export interface Request {
  /** "SNS:Publish" */
  readonly action: string;
  readonly topicArn: string;
  readonly account: string;
  /** The caller's ARN; of a service the ARN of the resource it acts for. */
  readonly arn: string;
  /** "cloudwatch.amazonaws.com" */
  readonly service?: string | undefined;
  /** Keys of the request itself: `sns:Protocol`, `sns:Endpoint`. */
  readonly keys?: Readonly<Record<string, string>> | undefined;
}

/**
 * What a topic's policy says of a request. A statement that denies beats all that allow.
 * Source: AWS docs, "Policy evaluation logic".
 */
export function verdictOf(policy: string, request: Request): "allowed" | "denied" | "unmentioned" {
  const matching = statementsOf(policy).filter((statement) => speaksOf(statement, request));
  if (matching.some(({ effect }) => effect === "Deny")) return "denied";
  return matching.length > 0 ? "allowed" : "unmentioned";
}

function speaksOf(statement: Statement, request: Request): boolean {
  return (
    statement.actions.includes(request.action.toLowerCase()) &&
    statement.resources.some((resource) => like(resource, request.topicArn)) &&
    [...statement.principals].some(([kind, names]) =>
      names.some((name) => isPrincipal(kind, name, request)),
    ) &&
    Object.entries(statement.condition).every(([operator, keys]) =>
      conditionHolds(operator, keys, request),
    )
  );
}

/** "*" is everybody, also a service: that is how a new topic's own policy lets CloudWatch in. */
function isPrincipal(kind: string, name: string, { service, account, arn }: Request): boolean {
  if (kind === "AWS" && name === "*") return true;
  if (service !== undefined) return kind === "Service" && name === service;
  if (kind !== "AWS") return false;
  if (name === account || name === `arn:aws:iam::${account}:root` || name === arn) return true;
  // A role stands for its sessions.
  const [, role] = /^arn:aws:sts::\d+:assumed-role\/([^/]+)\//.exec(arn) ?? [];
  return (
    role !== undefined &&
    name.startsWith(`arn:aws:iam::${account}:role/`) &&
    name.endsWith(`/${role}`)
  );
}

type Compare = (wanted: string, actual: string) => boolean;

const equals: Compare = (wanted, actual) => wanted === actual;
const like: Compare = (wanted, actual) => matchesWildcard(wanted, actual, { oneCharacter: true });
const equalsIgnoringCase: Compare = (wanted, actual) =>
  wanted.toLowerCase() === actual.toLowerCase();

const OPERATORS: Readonly<Record<string, Compare>> = {
  StringEquals: equals,
  StringEqualsIgnoreCase: equalsIgnoringCase,
  StringLike: like,
  ArnEquals: matchesArn,
  ArnLike: matchesArn,
  Bool: equalsIgnoringCase,
};

/** An operator that is not known never holds: what it would have let in stays out. */
function conditionHolds(operator: string, keys: unknown, request: Request): boolean {
  const isOptional = operator.endsWith("IfExists");
  const name = isOptional ? operator.slice(0, -"IfExists".length) : operator;
  const isNegated = /^(?:String|Arn)Not/.test(name);
  const compare = OPERATORS[name.replace("Not", "")];
  if (compare === undefined || !isJsonObject(keys)) return false;
  return Object.entries(keys).every(([key, wanted]) => {
    const actual = valueOf(key, request);
    if (actual === undefined) return isOptional || isNegated;
    return textsOf(listed(wanted)).some((text) => compare(text, actual)) !== isNegated;
  });
}

/** Conditions may say true and 7 without quotes. */
function listed(wanted: unknown): string[] {
  const list: unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  return list.map(String);
}

function valueOf(key: string, { service, account, arn, keys = {} }: Request): string | undefined {
  switch (key.toLowerCase()) {
    case "aws:sourceowner":
      // EventBridge does not say whose event it is: a new topic's own policy keeps it out.
      // Source: EventBridge user guide, "Amazon SNS permissions".
      return service === "events.amazonaws.com" ? undefined : account;
    case "aws:sourceaccount":
      return service === undefined ? undefined : account;
    case "aws:sourcearn":
      return service === undefined ? undefined : arn;
    case "aws:principalaccount":
      return service === undefined ? account : undefined;
    case "aws:principalarn":
      return service === undefined ? arn : undefined;
    case "aws:securetransport":
      // This cloud speaks HTTP where AWS speaks HTTPS: a policy that asks for it must not shut it.
      return "true";
    default:
      return keys[key];
  }
}
