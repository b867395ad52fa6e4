import { IAM } from "@aws-sdk/client-iam";

/** Makes a role that a service of AWS acts in, with policies of AWS's own. @returns its ARN. */
export async function serviceRole(
  access: NonNullable<ConstructorParameters<typeof IAM>[0]>,
  RoleName: string,
  service: string,
  policyArns: readonly string[] = [],
): Promise<string> {
  const iam = new IAM(access);
  try {
    const { Role } = await iam.createRole({
      RoleName,
      AssumeRolePolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
      }),
    });
    for (const PolicyArn of policyArns) await iam.attachRolePolicy({ RoleName, PolicyArn });
    return Role?.Arn ?? "";
  } finally {
    iam.destroy();
  }
}
