import type { Demand } from "./call.ts";

/**
 * Whoever gives a role to a service must be allowed to: else a caller could have a service do what it may not itself.
 * Source: AWS docs, "Grant a user permissions to pass a role to an AWS service".
 */
export function passRole(
  roleArn: string | undefined,
  toService: string,
  forResource?: string,
): readonly Demand[] {
  if (roleArn === undefined) return [];
  const keys = { "iam:PassedToService": toService, "iam:AssociatedResourceArn": forResource };
  return [{ action: "iam:PassRole", resources: [roleArn], keys }];
}
