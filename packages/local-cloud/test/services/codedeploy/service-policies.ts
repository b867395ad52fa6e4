import { IAM } from "@aws-sdk/client-iam";
import { isJsonObject } from "../../../src/json-object.ts";
import type { TestCloud } from "../../support/test-cloud.ts";

const RoleName = "codedeploy-role";
const PolicyName = "own";
const MANAGED = "arn:aws:iam::aws:policy";

/** What the role of the deployment groups may. */
export interface ServicePolicies {
  /** Gives it one of AWS's policies: "service-role/AWSCodeDeployRoleForLambda". */
  attach(policy: string): Promise<void>;
  /** Gives it what is left of one of AWS's policies without an action: "lambda:UpdateAlias". */
  without(policy: string, action: string): Promise<void>;
  /** Makes it a role that is not there. */
  remove(): Promise<void>;
}

/** Gives and takes what the role of the deployment groups may; the hooks' functions may report. */
export async function servicePolicies(cloud: TestCloud): Promise<ServicePolicies> {
  const iam = cloud.client(IAM);
  await iam.putRolePolicy({
    RoleName: "lambda-role",
    PolicyName,
    PolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: [
            "codedeploy:PutLifecycleEventHookExecutionStatus",
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
          ],
          Resource: "*",
        },
      ],
    }),
  });
  const documentOf = async (policy: string): Promise<unknown> => {
    const PolicyArn = `${MANAGED}/${policy}`;
    const { Policy } = await iam.getPolicy({ PolicyArn });
    const VersionId = Policy?.DefaultVersionId;
    const { PolicyVersion } = await iam.getPolicyVersion({ PolicyArn, VersionId });
    return JSON.parse(decodeURIComponent(PolicyVersion?.Document ?? ""));
  };
  const clear = async () => {
    const { AttachedPolicies = [] } = await iam.listAttachedRolePolicies({ RoleName });
    for (const { PolicyArn } of AttachedPolicies) {
      await iam.detachRolePolicy({ RoleName, PolicyArn });
    }
    const { PolicyNames = [] } = await iam.listRolePolicies({ RoleName });
    for (const name of PolicyNames) await iam.deleteRolePolicy({ RoleName, PolicyName: name });
  };
  return {
    async attach(policy) {
      await clear();
      await iam.attachRolePolicy({ RoleName, PolicyArn: `${MANAGED}/${policy}` });
    },
    async without(policy, action) {
      await clear();
      const document = withoutAction(await documentOf(policy), action);
      const PolicyDocument = JSON.stringify(document);
      await iam.putRolePolicy({ RoleName, PolicyName, PolicyDocument });
    },
    async remove() {
      await clear();
      await iam.deleteRole({ RoleName });
    },
  };
}

/** @throws when the policy does not have the action: nothing would have been taken away. */
function withoutAction(document: unknown, action: string): unknown {
  const given = isJsonObject(document) ? document["Statement"] : undefined;
  const statements = (Array.isArray(given) ? given : []).filter(isJsonObject);
  const left = statements.flatMap((statement) => {
    const actions: unknown[] = [statement["Action"]].flat();
    const Action = actions.filter((each) => each !== action);
    return Action.length === 0 ? [] : [{ ...statement, Action }];
  });
  if (JSON.stringify(left) === JSON.stringify(statements)) {
    throw new Error(`no statement has the action ${action}`);
  }
  return { Version: "2012-10-17", Statement: left };
}
