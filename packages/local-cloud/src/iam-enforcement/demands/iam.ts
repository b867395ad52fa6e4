import { type Call, type ServiceDemands, text } from "./call.ts";
import { passRole } from "./pass-role.ts";
import { hasTags } from "./tags-given.ts";

/** Lists of everything: the ARN is that of the kind, with nothing behind the slash. */
const LISTS: Readonly<Record<string, string>> = {
  ListRoles: "role/",
  ListUsers: "user/",
  ListGroups: "group/",
  ListPolicies: "policy/",
  ListInstanceProfiles: "instance-profile/",
};

/** Which kind of thing an operation is about, the first that fits. */
const KINDS = [
  ["InstanceProfileName", "instance-profile"],
  ["GroupName", "group"],
  ["RoleName", "role"],
  ["UserName", "user"],
] as const;

/** Source: Service Authorization Reference, AWS Identity and Access Management; denials as users quote them. */
export const IAM: ServiceDemands = {
  prefix: "iam",
  resourcesOf(call) {
    const { operation, input, place } = call;
    const list = LISTS[operation];
    if (list !== undefined) return [`arn:aws:iam::${place.account}:${list}`];
    return [arnOf(call) ?? text(input, "PolicyArn") ?? callersOwn(call)].flatMap(
      (arn) => arn ?? [],
    );
  },
  keysOf: ({ input }) => ({
    "iam:PolicyARN": text(input, "PolicyArn"),
    "iam:PermissionsBoundary": text(input, "PermissionsBoundary"),
    "iam:AWSServiceName": text(input, "AWSServiceName"),
  }),
  also(call) {
    const { operation, input, place, facts } = call;
    if (operation === "AddRoleToInstanceProfile") {
      const role = facts.arnOf?.(place, "role", text(input, "RoleName") ?? "");
      return passRole(role, "ec2.amazonaws.com");
    }
    if (!operation.startsWith("Create") || !hasTags(input)) return [];
    const kind = operation.slice("Create".length);
    return [{ action: `iam:Tag${kind}`, resources: IAM.resourcesOf(call) ?? ["*"] }];
  },
};

/** Users may ask about themselves without saying their name. */
const ABOUT_SELF: ReadonlySet<string> = new Set([
  "CreateAccessKey",
  "DeleteAccessKey",
  "GetUser",
  "ListAccessKeys",
  "UpdateAccessKey",
]);

function callersOwn({ operation, facts, place }: Call): string | undefined {
  return ABOUT_SELF.has(operation) ? facts.arnOf?.(place, "caller", "") : undefined;
}

function arnOf({ operation, input, place, facts }: Call): string | undefined {
  if (operation === "CreatePolicy") return newArn(place.account, "policy", input, "PolicyName");
  for (const [member, kind] of KINDS) {
    const name = text(input, member);
    if (name === undefined) continue;
    if (/^Create(?:Role|User|Group|InstanceProfile)$/.test(operation)) {
      return newArn(place.account, kind, input, member);
    }
    return facts.arnOf?.(place, kind, name) ?? `arn:aws:iam::${place.account}:${kind}/${name}`;
  }
  return undefined;
}

function newArn(account: string, kind: string, input: Call["input"], member: string): string {
  return `arn:aws:iam::${account}:${kind}${text(input, "Path") ?? "/"}${text(input, member) ?? "*"}`;
}
