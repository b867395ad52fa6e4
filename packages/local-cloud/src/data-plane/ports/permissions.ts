/** What IAM's enforcement asks about those who call: documents as they were put. */
export interface PermissionPort {
  /** Undefined when there is no such user (any more). */
  ofUser(account: string, name: string): HeldPermissions | undefined;
  /** Undefined when there is no such role (any more): sessions outlive it. */
  ofRole(account: string, name: string): HeldPermissions | undefined;
  /** A managed policy's document, of this account or of AWS. */
  managedPolicy(account: string, arn: string): string | undefined;
  /** Who may assume a role. */
  trustPolicyOf(roleArn: string): string | undefined;
}

export interface HeldPermissions {
  /** "AROA...", never the same again after a deletion. */
  readonly id: string;
  /** With its path. */
  readonly arn: string;
  /** Inline and attached, and those of the user's groups. */
  readonly policies: readonly string[];
  readonly boundary: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}
