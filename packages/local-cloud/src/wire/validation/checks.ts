import type { Constraint, ConstraintTable } from "../../model/constraints.ts";
import type { Dictionary, List, Member, Shape, Structure } from "../../model/shape.ts";
import type { ValidationDialect } from "../../model/validation-dialects.ts";
import { javaText, structureText } from "./java-text.ts";
import { rulesOf, type Rule } from "./rules.ts";

/** Adds what is wrong with `value`, which stands at `path`, to `violations`. */
export type Check = (value: unknown, path: string, violations: string[]) => void;

/** What the checks of one service share. */
export interface ValidatorContext {
  readonly table: ConstraintTable;
  readonly dialect: ValidationDialect;
  /** The checks of a structure's members; the same array each time. */
  membersOf(shape: Structure): readonly MemberCheck[];
}

export interface MemberCheck {
  readonly name: string;
  /** The name in messages: AWS's Java field. */
  readonly pathName: string;
  readonly isRequired: boolean;
  readonly isInBody: boolean;
  readonly check: Check | undefined;
}

/** The check of a member whose constraint is named `name`, or undefined when nothing can be wrong. */
export function checkOf(
  member: Member,
  name: string,
  context: ValidatorContext,
): Check | undefined {
  const constraint = context.table.shapes[name] ?? {};
  const inner = innerCheck(member.shape, name, constraint, context);
  const own = ownCheck(member, constraint, context);
  if (own === undefined || inner === undefined) return own ?? inner;
  return (value, path, violations) => {
    own(value, path, violations);
    inner(value, path, violations);
  };
}

function ownCheck(
  { shape, traits }: Member,
  constraint: Constraint,
  context: ValidatorContext,
): Check | undefined {
  const rules = rulesOf(constraint, shape, "own", context.dialect);
  if (rules.length === 0) return undefined;
  const isHidden = Boolean(constraint.sensitive ?? traits.sensitive);
  return (value, path, violations) => {
    for (const rule of rules) {
      if (rule.test(value)) continue;
      const text = ownText(shape, value, constraint);
      violations.push(violation(context, { path, text, words: rule.text, isHidden }));
    }
  };
}

function innerCheck(
  shape: Shape,
  name: string,
  constraint: Constraint,
  context: ValidatorContext,
): Check | undefined {
  switch (shape.kind) {
    case "structure":
      return (value, path, violations) => {
        const walk = { prefix: `${path}.`, violations, context };
        for (const each of context.membersOf(shape)) {
          checkMember(each, value as Readonly<Record<string, unknown>>, walk);
        }
      };
    case "list":
      return isBranch(shape.item)
        ? branchListCheck(shape, constraint, context)
        : leafListCheck(shape, name, constraint, context);
    case "map":
      return mapCheck(shape, constraint, context);
    default:
      return undefined;
  }
}

function isBranch({ shape }: Member): boolean {
  return shape.kind === "structure" || shape.kind === "list" || shape.kind === "map";
}

/** Items with parts of their own are checked one by one: "tags.1.member.tagKey". */
function branchListCheck(
  { item }: List,
  constraint: Constraint,
  context: ValidatorContext,
): Check | undefined {
  const check = checkOf(item, constraint.item ?? "", context);
  if (check === undefined) return undefined;
  return (value, path, violations) => {
    for (const [index, part] of (value as readonly unknown[]).entries()) {
      check(part, `${path}.${index + 1}.member`, violations);
    }
  };
}

/** A bad scalar is reported at its list, with the whole list and all that an item must be. */
function leafListCheck(
  { item }: List,
  name: string,
  constraint: Constraint,
  context: ValidatorContext,
): Check | undefined {
  const isNullable = context.dialect.nullableItems?.has(name) ?? false;
  const part = partOf(item, constraint.item, isNullable, context);
  if (part === undefined) return undefined;
  return (value, path, violations) => {
    if ((value as readonly unknown[]).every((each) => passes(part.rules, each))) return;
    const words = `Member must satisfy constraint: ${part.text}`;
    violations.push(violation(context, { path, text: javaText(value, part.isFloat), words }));
  };
}

/** A bad key or scalar value is reported at its map, as in a list. */
function mapCheck(
  { key, value: valueMember }: Dictionary,
  constraint: Constraint,
  context: ValidatorContext,
): Check | undefined {
  const keyPart = partOf(key, constraint.key, true, context);
  const valuePart = partOf(valueMember, constraint.value, false, context);
  const deep = isBranch(valueMember)
    ? checkOf(valueMember, constraint.value ?? "", context)
    : undefined;
  if (keyPart === undefined && valuePart === undefined && deep === undefined) return undefined;
  return (value, path, violations) => {
    const entries = Object.entries(value as Readonly<Record<string, unknown>>);
    const report = (words: string) => {
      const text = javaText(value, valuePart?.isFloat ?? false);
      violations.push(violation(context, { path, text, words }));
    };
    if (keyPart && !entries.every(([name]) => passes(keyPart.rules, name))) {
      report(`Map keys must satisfy constraint: ${keyPart.text}`);
    }
    if (deep !== undefined) {
      for (const [name, each] of entries) deep(each, `${path}.${name}.member`, violations);
    } else if (valuePart && !entries.every(([, each]) => passes(valuePart.rules, each))) {
      report(`Map value must satisfy constraint: ${valuePart.text}`);
    }
  };
}

function passes(rules: readonly Rule[], value: unknown): boolean {
  return rules.every((rule) => rule.test(value));
}

interface Part {
  readonly rules: readonly Rule[];
  /** All the rules as AWS lists them: "[Member must ..., Member must not be null]". */
  readonly text: string;
  readonly isFloat: boolean;
}

function partOf(
  member: Member,
  name: string | undefined,
  isNullable: boolean,
  { table, dialect }: ValidatorContext,
): Part | undefined {
  const constraint = table.shapes[name ?? ""] ?? {};
  const rules = rulesOf(constraint, member.shape, "part", dialect);
  if (rules.length === 0) return undefined;
  const words = rules.map((rule) => rule.text);
  if (dialect.refusesNullItems === true && !isNullable) words.push("Member must not be null");
  return { rules, text: `[${words.join(", ")}]`, isFloat: constraint.type === "float" };
}

/** One violation in AWS's words. */
function violation(
  { dialect }: ValidatorContext,
  found: {
    readonly path: string;
    /** The value in Java's writing; "null" when there is none. */
    readonly text: string;
    readonly words: string;
    readonly isHidden?: boolean;
  },
): string {
  const { path, text, words, isHidden } = found;
  const isShown = text === "null" || !(isHidden || dialect.hidesValues);
  const value = text === "null" ? " null" : ` '${text}'`;
  return `Value${isShown ? value : ""} at '${path}' failed to satisfy constraint: ${words}`;
}

/** Where a check stands, and what it has found. */
export interface Walk {
  /** "" or "routingConfig." */
  readonly prefix: string;
  readonly violations: string[];
  readonly context: ValidatorContext;
}

export function checkMember(
  { name, pathName, isRequired, check }: MemberCheck,
  value: Readonly<Record<string, unknown>>,
  { prefix, violations, context }: Walk,
): void {
  const part = value[name];
  const path = prefix + pathName;
  if (part !== undefined && part !== null) check?.(part, path, violations);
  else if (isRequired) {
    violations.push(violation(context, { path, text: "null", words: "Member must not be null" }));
  }
}

function ownText(shape: Shape, value: unknown, { type }: Constraint): string {
  if (shape.kind !== "list" || shape.item.shape.kind !== "structure") {
    return javaText(value, type === "float");
  }
  const item = shape.item.shape;
  const items = value as readonly Readonly<Record<string, unknown>>[];
  return `[${items.map((each) => structureText(item, each)).join(", ")}]`;
}
