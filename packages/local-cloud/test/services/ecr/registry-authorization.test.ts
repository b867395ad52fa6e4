// Protects what the holder of a registry password may do where IAM is enforced: what the one who got it may do at that
// moment, by policies of their own and of the repository; and what container tools are told.
import { ECR } from "@aws-sdk/client-ecr";
import { IAM } from "@aws-sdk/client-iam";
import { STS } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { allowing, type IamCloud, type Key, startIamCloud } from "../../support/iam-cloud.ts";
import {
  digestOf,
  manifestOf,
  OCI_MANIFEST,
  pushBlob,
  pushImage,
  type Registry,
  registryClient,
} from "./ecr-cloud.ts";

const ACCOUNT = "000000000000";
const OTHER = "111122223333";
const ANN = `arn:aws:iam::${ACCOUNT}:user/ann`;
const ARN = `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/team/shop`;
const TOKEN = "ecr:GetAuthorizationToken";
const HOST = { host: `${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com` };

let cloud: IamCloud;
let root: Registry;
let key: Key;
let ann: Registry;
let digest: string;
beforeAll(async () => {
  cloud = await startIamCloud();
  const ecr = cloud.client(ECR);
  for (const repositoryName of ["team/shop", "other"])
    await ecr.createRepository({ repositoryName });
  root = registryClient(cloud.url, await logIn(ecr));
  digest = await pushImage(root, "team/shop", { tag: "1" });
  await pushBlob(root, "other", "shared");
  key = await cloud.user("ann", allowing([TOKEN]));
  ann = registryClient(cloud.url, await logIn(cloud.as(ECR, key)));
});
afterAll(() => cloud.close());
beforeEach(async () => {
  await may([]);
  await cloud
    .client(ECR)
    .deleteRepositoryPolicy({ repositoryName: "team/shop" })
    .catch(() => {});
});

async function logIn(ecr: ECR): Promise<string> {
  const { authorizationData } = await ecr.getAuthorizationToken({});
  return `Basic ${authorizationData?.[0]?.authorizationToken}`;
}

/** All that ann may, on the repository team/shop. */
const may = (actions: readonly string[]) =>
  cloud.allow("ann", allowing([TOKEN, ...actions.map((action) => `ecr:${action}`)], [ARN]));

const PATH = "/v2/team/shop";
const BLOB = `${PATH}/blobs/${digestOf("layer")}`;

describe("a password", () => {
  it("is for whom policies let have one, and lets them log in", async () => {
    const nobody = cloud.as(ECR, await cloud.user("nobody"));
    await expect(nobody.getAuthorizationToken({})).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
    expect((await ann({ path: "/v2/" })).status).toBe(200);
  });

  it("of a root may do everything in its account, and nothing elsewhere", async () => {
    expect((await root({ path: `${PATH}/manifests/1` })).status).toBe(200);
    const other = registryClient(cloud.url, await logIn(cloud.client(ECR, { account: OTHER })));
    const pull = { path: `${PATH}/manifests/1`, headers: HOST };
    expect((await other(pull)).body.toString()).toContain(
      "because no resource-based policy allows the ecr:BatchGetImage action",
    );
  });

  it("is asked about as its owner is now, and still after the session that got it", async () => {
    await cloud.iam.createRole({
      RoleName: "puller",
      AssumeRolePolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { AWS: ACCOUNT }, Action: "sts:*" }],
      }),
    });
    const policy = (actions: readonly string[]) =>
      cloud.iam.putRolePolicy({
        RoleName: "puller",
        PolicyName: "own",
        PolicyDocument: JSON.stringify(allowing(actions)),
      });
    await policy([TOKEN, "ecr:BatchGetImage"]);
    const { Credentials } = await cloud.client(STS).assumeRole({
      RoleArn: `arn:aws:iam::${ACCOUNT}:role/puller`,
      RoleSessionName: "ci",
      // A password says them, too, whatever their letters.
      Tags: [{ Key: "team", Value: "Größe" }],
      DurationSeconds: 900,
      Policy: JSON.stringify(allowing([TOKEN, "ecr:BatchGetImage", "ecr:ListImages"])),
    });
    const session = {
      accessKeyId: Credentials?.AccessKeyId ?? "",
      secretAccessKey: Credentials?.SecretAccessKey ?? "",
      sessionToken: Credentials?.SessionToken ?? "",
    };
    const registry = registryClient(cloud.url, await logIn(cloud.as(ECR, session)));
    await cloud.advance(3_600_000);
    expect((await registry({ path: `${PATH}/manifests/1` })).status).toBe(200);
    // What the session was limited to when it was made counts, too.
    await policy([TOKEN, "ecr:*"]);
    expect((await registry({ path: `${PATH}/tags/list` })).status).toBe(200);
    expect((await registry({ path: BLOB })).status).toBe(403);
    await policy([TOKEN]);
    expect((await registry({ path: `${PATH}/manifests/1` })).body.toString()).toContain(
      `User: arn:aws:sts::${ACCOUNT}:assumed-role/puller/ci is not authorized`,
    );
  });
});

describe("a pull", () => {
  it.each([
    ["GET", "manifests/1", "BatchGetImage"],
    ["HEAD", "manifests/1", "BatchGetImage"],
    ["HEAD", `blobs/${digestOf("layer")}`, "BatchCheckLayerAvailability"],
    ["GET", `blobs/${digestOf("layer")}`, "GetDownloadUrlForLayer"],
    ["GET", "tags/list", "ListImages"],
    ["GET", `referrers/${digestOf("layer")}`, "BatchGetImage"],
  ])("%s %s needs ecr:%s", async (method, end, action) => {
    const call = { method, path: `${PATH}/${end}` };
    const refused = await ann(call);
    expect(refused.status).toBe(403);
    const why = `because no identity-based policy allows the ecr:${action} action`;
    const message = `User: ${ANN} is not authorized to perform: ecr:${action} on resource: ${ARN} ${why}`;
    expect(refused.body.toString()).toBe(
      method === "HEAD" ? "" : JSON.stringify({ errors: [{ code: "DENIED", message }] }),
    );
    await may([action]);
    expect((await ann(call)).status).toBe(200);
  });

  it("of the list of all repositories needs them all", async () => {
    await may(["DescribeRepositories"]);
    expect((await ann({ path: "/v2/_catalog" })).status).toBe(403);
    await cloud.allow("ann", allowing(["ecr:DescribeRepositories"]));
    expect((await ann({ path: "/v2/_catalog" })).status).toBe(200);
  });

  it("tells nobody what there is who may not ask", async () => {
    expect((await ann({ path: "/v2/absent/manifests/1" })).code).toBe("DENIED");
    expect((await root({ path: "/v2/absent/manifests/1" })).code).toBe("NAME_UNKNOWN");
  });
});

describe("a push", () => {
  const UPLOADS = `${PATH}/blobs/uploads/`;
  const PUSH = ["InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage"];

  it.each(PUSH)("needs ecr:%s, and goes no further without it", async (lacking) => {
    await may(PUSH.filter((action) => action !== lacking));
    const layer = `layer without ${lacking}`;
    const pushed = async () => {
      const begun = await ann({ method: "POST", path: UPLOADS });
      if (begun.status !== 202) return begun;
      const path = begun.headers["location"] ?? "";
      const sent = await ann({ method: "PATCH", path, body: layer });
      if (sent.status !== 202) return sent;
      const ended = await ann({ method: "PUT", path: `${path}?digest=${digestOf(layer)}` });
      if (ended.status !== 201) return ended;
      const body = await manifestOf(root, "team/shop", layer);
      const headers = { "content-type": OCI_MANIFEST };
      return ann({ method: "PUT", path: `${PATH}/manifests/${lacking}`, headers, body });
    };
    const refused = await pushed();
    expect([refused.status, refused.code]).toEqual([403, "DENIED"]);
    expect(refused.body.toString()).toContain(`to perform: ecr:${lacking} on resource: ${ARN}`);
    expect((await root({ path: `${PATH}/manifests/${lacking}` })).status).toBe(404);
    await may(PUSH);
    expect((await pushed()).status).toBe(201);
  });

  it("of a whole layer in one request needs all three of a layer", async () => {
    const path = `${UPLOADS}?digest=${digestOf("at once")}`;
    const push = () => ann({ method: "POST", path, body: "at once" });
    await may(["InitiateLayerUpload", "UploadLayerPart"]);
    expect((await push()).body.toString()).toContain("ecr:CompleteLayerUpload");
    await may(PUSH);
    expect((await push()).status).toBe(201);
  });

  it("mounts only layers that its client may read", async () => {
    const shared = digestOf("shared");
    const mount = () => ann({ method: "POST", path: `${UPLOADS}?mount=${shared}&from=other` });
    await may(PUSH);
    expect((await mount()).status).toBe(202);
    const other = `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/other`;
    await cloud.allow("ann", allowing(["ecr:*"], [ARN, other]));
    expect((await mount()).status).toBe(201);
  });
});

describe("a repository's policy", () => {
  const put = (...Statement: readonly unknown[]) =>
    cloud.client(ECR).setRepositoryPolicy({
      repositoryName: "team/shop",
      policyText: JSON.stringify({ Version: "2012-10-17", Statement }),
    });
  const statement = (Effect: string, AWS: string) => ({
    Effect,
    Principal: { AWS },
    Action: "ecr:BatchGetImage",
  });
  const pull = { path: `${PATH}/manifests/1` };

  it("is enough in its own account, and its deny beats all", async () => {
    await put(statement("Allow", ANN));
    expect((await ann(pull)).headers["docker-content-digest"]).toBe(digest);
    await may(["BatchGetImage"]);
    await put(statement("Deny", ANN));
    expect((await ann(pull)).body.toString()).toContain(
      "with an explicit deny in a resource-based policy",
    );
  });

  it("lets another account in, whose own policies must agree", async () => {
    const others = cloud.client(IAM, { account: OTHER });
    await others.createUser({ UserName: "bob" });
    const { AccessKey } = await others.createAccessKey({ UserName: "bob" });
    const allowBob = (actions: readonly string[]) =>
      others.putUserPolicy({
        UserName: "bob",
        PolicyName: "own",
        PolicyDocument: JSON.stringify(allowing(actions)),
      });
    await allowBob([TOKEN]);
    const bobs = cloud.as(ECR, {
      accessKeyId: AccessKey?.AccessKeyId ?? "",
      secretAccessKey: AccessKey?.SecretAccessKey ?? "",
    });
    const bob = registryClient(cloud.url, await logIn(bobs));
    await put(statement("Allow", OTHER));
    expect((await bob({ ...pull, headers: HOST })).status).toBe(403);
    await allowBob([TOKEN, "ecr:BatchGetImage"]);
    expect((await bob({ ...pull, headers: HOST })).status).toBe(200);
    await put(statement("Allow", ANN));
    expect((await bob({ ...pull, headers: HOST })).status).toBe(403);
  });
});
