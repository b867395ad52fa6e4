/** What API Gateway calls a function as. Source: AWS docs, "Lambda resource policies". */
export const DOOR = "apigateway.amazonaws.com";

/**
 * Whether a function's policy lets API Gateway invoke it for requests of this ARN. Conditions other than on the
 * source are taken as met: what we do not know must not stop a release.
 */
export function mayInvoke(policy: string, sourceArn: string): boolean {
  const statements = listOf(member(parsed(policy), "Statement"));
  const matching = (effect: string) =>
    statements.some(
      (one) => member(one, "Effect") === effect && isAboutDoor(one) && isFor(one, sourceArn),
    );
  return matching("Allow") && !matching("Deny");
}

function isAboutDoor(statement: unknown): boolean {
  const principal = member(statement, "Principal");
  const services =
    principal === "*" ? ["*"] : listOf(member(principal, "Service") ?? member(principal, "AWS"));
  const actions = listOf(member(statement, "Action")).map(String);
  return (
    services.some((service) => service === DOOR || service === "*") &&
    actions.some((action) => glob(action).test("lambda:InvokeFunction"))
  );
}

function isFor(statement: unknown, sourceArn: string): boolean {
  const condition = member(statement, "Condition");
  const patterns = ["ArnLike", "ArnEquals", "StringLike", "StringEquals"].flatMap((operator) =>
    listOf(
      member(member(condition, operator), "AWS:SourceArn") ??
        member(member(condition, operator), "aws:SourceArn"),
    ),
  );
  return patterns.length === 0 || patterns.some((pattern) => glob(String(pattern)).test(sourceArn));
}

/** "*" stands for anything, slashes included, as in an ARN of Lambda's policies. Source: AWS docs, services-apigateway. */
function glob(pattern: string): RegExp {
  const text = pattern.replaceAll(/[\\^$.+()[\]{}|]/g, "\\$&");
  return new RegExp(`^${text.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}

function parsed(policy: string): unknown {
  try {
    return JSON.parse(policy);
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
