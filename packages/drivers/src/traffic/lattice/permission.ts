import type { Lambda } from "@aws-sdk/client-lambda";
import type { AwsClients } from "../../aws/clients.ts";
import { isAwsException, isNotFound } from "../../aws/errors.ts";
import type { AwsRunner } from "../../aws/runner.ts";
import type { GroupFunction } from "./stable-function.ts";

const PRINCIPAL = "vpc-lattice.amazonaws.com";

/** What lets a target group invoke a function: a statement of the function's own policy. */
export interface PermissionApi {
  isGiven(to: Grant): Promise<boolean>;
  /** Adds it when it is missing. */
  give(to: Grant): Promise<void>;
  /** Removes every statement that names this target group, and no other. */
  take(to: Grant): Promise<void>;
}

/** One group may invoke one function, by the qualifier that is registered. */
export interface Grant {
  readonly function: GroupFunction;
  readonly groupId: string;
  readonly groupArn: string;
}

/**
 * Source: AWS docs, "Lambda functions as targets in VPC Lattice": registering a function adds the permission,
 * and it can be added by hand. Unverified: that it is added for callers of the API too; so we look.
 */
export function permissionApi(parts: {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
}): PermissionApi {
  const call = async <Output>(
    action: string,
    { function: { name, qualifier } }: Grant,
    send: (lambda: Lambda, options: { readonly abortSignal: AbortSignal }) => Promise<Output>,
  ): Promise<Output> => {
    const lambda = await parts.clients.lambda();
    const subject = `policy of ${name}${qualifier === undefined ? "" : `:${qualifier}`}`;
    const request = { action: `lambda:${action}`, subject };
    return parts.run(request, (abortSignal) => send(lambda, { abortSignal }));
  };

  const statementsFor = async (grant: Grant): Promise<readonly Statement[]> => {
    try {
      const { Policy = "" } = await call("GetPolicy", grant, (lambda, options) =>
        lambda.getPolicy(nameOf(grant), options),
      );
      return statementsIn(Policy);
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  };

  const isGiven = async (grant: Grant) =>
    (await statementsFor(grant)).some((statement) => allows(statement, grant.groupArn));

  return {
    isGiven,
    async give(grant) {
      if (await isGiven(grant)) return;
      const statement = {
        ...nameOf(grant),
        StatementId: `headgate-${grant.groupId}`,
        Action: "lambda:InvokeFunction",
        Principal: PRINCIPAL,
        SourceArn: grant.groupArn,
      };
      try {
        await call("AddPermission", grant, (lambda, options) =>
          lambda.addPermission(statement, options),
        );
      } catch (error) {
        // Our own attempt whose answer was lost.
        if (!isAwsException(error, "ResourceConflictException")) throw error;
      }
    },
    async take(grant) {
      for (const statement of await statementsFor(grant)) {
        const StatementId = statement.Sid;
        if (!namesAlone(statement, grant.groupArn) || StatementId === undefined) continue;
        try {
          await call("RemovePermission", grant, (lambda, options) =>
            lambda.removePermission({ ...nameOf(grant), StatementId }, options),
          );
        } catch (error) {
          if (!isNotFound(error)) throw error;
        }
      }
    },
  };
}

function nameOf({ function: { name, qualifier } }: Grant) {
  return { FunctionName: name, Qualifier: qualifier };
}

interface Statement {
  readonly Sid?: string;
  readonly Effect?: string;
  /** "*" for everybody. */
  readonly Principal?: string | { readonly Service?: string };
  readonly Condition?: { readonly [operator: string]: { readonly [key: string]: unknown } };
}

function statementsIn(policy: string): readonly Statement[] {
  const parsed: unknown = JSON.parse(policy);
  if (typeof parsed !== "object" || parsed === null || !("Statement" in parsed)) return [];
  return Array.isArray(parsed.Statement) ? parsed.Statement.filter(isStatement) : [];
}

/** Lambda writes these itself; what else stands in a policy is nothing of ours. */
function isStatement(value: unknown): value is Statement {
  return typeof value === "object" && value !== null;
}

function serviceOf({ Principal }: Statement): string | undefined {
  return typeof Principal === "object" ? Principal.Service : Principal;
}

function sourcesOf({ Condition = {} }: Statement): readonly string[] {
  const arns = Object.values(Condition).flatMap((keys) =>
    Object.entries(keys).flatMap(([key, value]) => (/^aws:SourceArn$/i.test(key) ? value : [])),
  );
  return arns.filter((arn) => typeof arn === "string");
}

function allows(statement: Statement, groupArn: string): boolean {
  const principal = serviceOf(statement);
  if (statement.Effect !== "Allow" || (principal !== PRINCIPAL && principal !== "*")) return false;
  const sources = sourcesOf(statement);
  return sources.length === 0 || sources.some((arn) => covers(arn, groupArn));
}

function namesAlone(statement: Statement, groupArn: string): boolean {
  const sources = sourcesOf(statement);
  return serviceOf(statement) === PRINCIPAL && sources.length === 1 && sources[0] === groupArn;
}

/** ArnLike: "*" stands for anything. */
function covers(pattern: string, arn: string): boolean {
  const escaped = pattern
    .split("*")
    .map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`));
  return new RegExp(`^${escaped.join(".*")}$`).test(arn);
}
