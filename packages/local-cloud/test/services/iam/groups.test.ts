// Protects groups and the policies of users: who is in what, what hangs on it, and what must go before it can.
import { IAM } from "@aws-sdk/client-iam";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

const ALLOW = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "sns:*", Resource: "*" }],
});

let cloud: TestCloud;
let iam: IAM;
beforeEach(async () => {
  cloud = await startTestCloud();
  iam = cloud.client(IAM);
});
afterEach(() => cloud.close());

async function managedPolicy(): Promise<string> {
  const { Policy } = await iam.createPolicy({ PolicyName: "topics", PolicyDocument: ALLOW });
  return Policy?.Arn ?? "";
}

it("knows who is in a group, from both sides", async () => {
  const { Group } = await iam.createGroup({ GroupName: "readers", Path: "/team/" });
  expect(Group?.Arn).toBe("arn:aws:iam::000000000000:group/team/readers");
  await iam.createUser({ UserName: "ann" });
  await iam.addUserToGroup({ GroupName: "readers", UserName: "ann" });
  await iam.addUserToGroup({ GroupName: "readers", UserName: "ann" });
  const { Users } = await iam.getGroup({ GroupName: "readers" });
  expect(Users?.map(({ UserName }) => UserName)).toEqual(["ann"]);
  const { Groups } = await iam.listGroupsForUser({ UserName: "ann" });
  expect(Groups?.map(({ GroupName }) => GroupName)).toEqual(["readers"]);
  await expect(iam.deleteGroup({ GroupName: "readers" })).rejects.toMatchObject({
    name: "DeleteConflictException",
  });
  await expect(iam.deleteUser({ UserName: "ann" })).rejects.toMatchObject({
    name: "DeleteConflictException",
  });
  await iam.removeUserFromGroup({ GroupName: "readers", UserName: "ann" });
  await expect(
    iam.removeUserFromGroup({ GroupName: "readers", UserName: "ann" }),
  ).rejects.toMatchObject({ name: "NoSuchEntityException" });
  await iam.deleteUser({ UserName: "ann" });
  await iam.deleteGroup({ GroupName: "readers" });
  expect((await iam.listGroups({})).Groups).toEqual([]);
});

it("keeps the policies of groups", async () => {
  const PolicyArn = await managedPolicy();
  const of = { GroupName: "readers" };
  await iam.createGroup(of);
  await iam.attachGroupPolicy({ ...of, PolicyArn });
  await iam.putGroupPolicy({ ...of, PolicyName: "own", PolicyDocument: ALLOW });
  const { AttachedPolicies } = await iam.listAttachedGroupPolicies(of);
  expect(AttachedPolicies).toEqual([{ PolicyName: "topics", PolicyArn }]);
  const { PolicyGroups } = await iam.listEntitiesForPolicy({ PolicyArn });
  expect(PolicyGroups?.map(({ GroupName }) => GroupName)).toEqual(["readers"]);
  expect((await iam.listGroupPolicies(of)).PolicyNames).toEqual(["own"]);
  const { PolicyDocument = "" } = await iam.getGroupPolicy({ ...of, PolicyName: "own" });
  expect(decodeURIComponent(PolicyDocument)).toBe(ALLOW);
  await expect(iam.deletePolicy({ PolicyArn })).rejects.toMatchObject({
    name: "DeleteConflictException",
  });
  await expect(iam.deleteGroup(of)).rejects.toMatchObject({ name: "DeleteConflictException" });
  await iam.detachGroupPolicy({ ...of, PolicyArn });
  await iam.deleteGroupPolicy({ ...of, PolicyName: "own" });
  await iam.deleteGroup(of);
});

it("keeps the policies and the boundary of users", async () => {
  const PolicyArn = await managedPolicy();
  const of = { UserName: "ben" };
  await iam.createUser(of);
  await iam.putUserPolicy({ ...of, PolicyName: "own", PolicyDocument: ALLOW });
  expect((await iam.listUserPolicies(of)).PolicyNames).toEqual(["own"]);
  await expect(
    iam.putUserPolicy({ ...of, PolicyName: "broken", PolicyDocument: "{" }),
  ).rejects.toMatchObject({ name: "MalformedPolicyDocumentException" });
  await expect(iam.getUserPolicy({ ...of, PolicyName: "none" })).rejects.toMatchObject({
    name: "NoSuchEntityException",
    message: "The user policy with name none cannot be found.",
  });
  await iam.putUserPermissionsBoundary({ ...of, PermissionsBoundary: PolicyArn });
  expect((await iam.getUser(of)).User?.PermissionsBoundary?.PermissionsBoundaryArn).toBe(PolicyArn);
  await iam.deleteUserPermissionsBoundary(of);
  await expect(iam.deleteUser(of)).rejects.toMatchObject({ name: "DeleteConflictException" });
  await iam.deleteUserPolicy({ ...of, PolicyName: "own" });
  await iam.deleteUser(of);
});
