import { AwsError } from "../../aws-error.ts";
import type { ConstraintTable } from "../../model/constraints.ts";
import type { SigningName } from "../../model/protocols.ts";
import type { Operation } from "../../model/service-model.ts";
import type { Structure } from "../../model/shape.ts";
import { validationDialect } from "../../model/validation-dialects.ts";
import { bindingsOf } from "../http-bindings.ts";
import { checkMember, checkOf, type MemberCheck, type ValidatorContext } from "./checks.ts";
import { lowerFirst } from "./java-text.ts";

/** Checks decoded inputs of one service against its model. Checks are compiled at first use. */
export interface Validator {
  /** @returns the error that AWS would send, with every violation in it. */
  validate(operation: Operation, input: Readonly<Record<string, unknown>>): AwsError | undefined;
}

/** More are not told: an answer stays readable, and small. Unverified: AWS's own limit. */
const MOST_TOLD = 10;

export function createValidator(service: SigningName, table: ConstraintTable): Validator {
  const compiled = new Map<Structure, MemberCheck[]>();
  const context: ValidatorContext = {
    table,
    dialect: validationDialect(service),
    membersOf(shape) {
      const known = compiled.get(shape);
      if (known !== undefined) return known;
      const checks: MemberCheck[] = [];
      // Entered before it is filled: a structure may contain itself.
      compiled.set(shape, checks);
      checks.push(...compileMembers(shape, context));
      return checks;
    },
  };
  return { validate: (operation, input) => validate(operation, input, context) };
}

function validate(
  operation: Operation,
  input: Readonly<Record<string, unknown>>,
  context: ValidatorContext,
): AwsError | undefined {
  const violations: string[] = [];
  const members = context.membersOf(operation.input);
  const check = (each: MemberCheck, prefix: string) => {
    checkMember(each, input, { prefix, violations, context });
  };
  if (context.dialect.namesBody === true) {
    const prefix = `${lowerFirst(operation.name)}Input.`;
    for (const each of members) if (each.isInBody) check(each, prefix);
    for (const each of members) if (!each.isInBody) check(each, "");
  } else for (const each of members) check(each, "");
  if (violations.length === 0) return undefined;
  const count = `${violations.length} validation error${violations.length === 1 ? "" : "s"}`;
  const told = violations.slice(0, MOST_TOLD).join("; ");
  return new AwsError(context.dialect.code, `${count} detected: ${told}`, {
    status: 400,
    members: context.dialect.members,
  });
}

/** In the model's order: the SDK's schemas put required members first. */
function compileMembers(shape: Structure, context: ValidatorContext): MemberCheck[] {
  const row = context.table.structures[shape.name];
  const order = Object.keys(row?.members ?? {});
  const required = new Set([...shape.required, ...(row?.required ?? [])]);
  const inBody = new Set(bindingsOf(shape, "request").body.members);
  const checks: MemberCheck[] = [];
  const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  for (const member of shape.members.toSorted((a, b) => rank(a.name) - rank(b.name))) {
    const { name } = member;
    const isExempt = context.dialect.leftToHandlers?.has(`${shape.name}.${name}`) ?? false;
    const check = isExempt ? undefined : checkOf(member, row?.members?.[name] ?? "", context);
    const isRequired = required.has(name) && !member.traits.idempotencyToken;
    if (check === undefined && !isRequired) continue;
    checks.push({
      name,
      pathName: lowerFirst(name),
      isRequired,
      isInBody: inBody.has(member),
      check,
    });
  }
  return checks;
}
