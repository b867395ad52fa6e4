import { readFile } from "node:fs/promises";

/** A statement of a policy in docs/iam, its placeholders filled. */
export interface PublishedStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: unknown;
}

/** One action of one statement: the smallest part that can be taken away. */
export interface Permission {
  readonly sid: string;
  /** "lambda:UpdateAlias" */
  readonly action: string;
}

export const FOLDER = new URL("../../../../docs/iam/", import.meta.url);

/**
 * The statements of the published policies, of all the files together, with the words in capitals replaced:
 * "FUNCTION" by the function's name.
 */
export async function publishedStatements(
  files: readonly string[],
  values: Readonly<Record<string, string>>,
): Promise<readonly PublishedStatement[]> {
  const documents = await Promise.all(
    files.map((file) => readFile(new URL(`${file}.json`, FOLDER), "utf8")),
  );
  return documents.flatMap((text) => {
    const filled = text.replaceAll(/\$\{([A-Z_]+)\}/g, (_all, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`the policy has the placeholder ${name}`);
      return value;
    });
    const { Statement }: { Statement: PublishedStatement[] } = JSON.parse(filled);
    return Statement;
  });
}

export function permissionsOf(statements: readonly PublishedStatement[]): readonly Permission[] {
  return statements.flatMap(({ Sid, Action }) => Action.map((action) => ({ sid: Sid, action })));
}

/** The policy with these permissions left in. */
export function policyOf(
  statements: readonly PublishedStatement[],
  isKept: (permission: Permission) => boolean,
): string {
  const Statement = statements.flatMap((statement) => {
    const { Sid: sid } = statement;
    const Action = statement.Action.filter((action) => isKept({ sid, action }));
    return Action.length === 0 ? [] : [{ ...statement, Action }];
  });
  // A policy must have a statement, and this one allows nothing.
  const nothing = { Sid: "Nothing", Effect: "Deny", Action: "none:Nothing", Resource: "*" };
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: Statement.length === 0 ? [nothing] : Statement,
  });
}
