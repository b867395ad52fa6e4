/*
 * Protects who may call a service under AWS_IAM: nobody without a policy, the unsigned only where "*" is let in,
 * a Deny before every Allow, the network before the service; and the conditions that look at the request.
 */
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import {
  GetAuthPolicyCommand,
  PutAuthPolicyCommand,
  TagResourceCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-vpc-lattice";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { holds, readCondition } from "../../../src/iam-policy/conditions.ts";
import { Sha256 } from "../../support/sha256.ts";
import { errorOf } from "../lambda/lambda-cloud.ts";
import { ECHO, forwardTo, latticeCloud, type LatticeCloud } from "./lattice-cloud.ts";

let at: LatticeCloud;
let group: { readonly id: string };
let service: Awaited<ReturnType<LatticeCloud["service"]>>;
beforeAll(async () => {
  at = await latticeCloud();
  group = await at.functionGroup("guarded", ECHO);
  service = await at.service(forwardTo(group), { service: { authType: "AWS_IAM" } });
});
afterAll(() => at.close());

type Statement = Readonly<Record<string, unknown>>;

async function policy(resourceIdentifier: string, ...Statement: readonly Statement[]) {
  const document = JSON.stringify({ Version: "2012-10-17", Statement });
  return at.lattice.send(new PutAuthPolicyCommand({ resourceIdentifier, policy: document }));
}

const allow = (more: Statement = {}) => ({
  Effect: "Allow",
  Principal: "*",
  Action: "vpc-lattice-svcs:Invoke",
  Resource: "*",
  ...more,
});

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const ROOT: Keys = { accessKeyId: "test", secretAccessKey: "test" };

/** Signs as AWS's docs have it: for the service "vpc-lattice-svcs". */
async function signed(path: string, credentials: Keys = ROOT) {
  const signer = new SignatureV4({
    service: "vpc-lattice-svcs",
    region: "us-east-1",
    credentials,
    sha256: Sha256,
  });
  const { hostname, port } = new URL(at.cloud.url);
  const target = `/_aws/vpc-lattice/${service.id}${path}`;
  const headers = { host: `${hostname}:${port}`, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
  const method = "GET";
  const request = { method, protocol: "http:", hostname, path: target, headers };
  const { headers: own } = await signer.sign(request);
  return service.call(path, { method, headers: own });
}

/** Keys of a session of the role "caller", which the account may assume. */
async function roleSession(): Promise<Keys> {
  const trust = { Effect: "Allow", Principal: { AWS: "000000000000" }, Action: "sts:AssumeRole" };
  const { Role } = await at.cloud.client(IAMClient).send(
    new CreateRoleCommand({
      RoleName: "caller",
      AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [trust] }),
    }),
  );
  const { Credentials } = await at.cloud
    .client(STSClient)
    .send(new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: "me" }));
  return {
    accessKeyId: Credentials?.AccessKeyId ?? "",
    secretAccessKey: Credentials?.SecretAccessKey ?? "",
    sessionToken: Credentials?.SessionToken ?? "",
  };
}

describe("a service with AWS_IAM", () => {
  it("lets nobody in without a policy, and says so as AWS does", async () => {
    const response = await service.call("/orders");
    expect(response.status).toBe(403);
    expect(await response.text()).toBe(
      "AccessDeniedException: User: anonymous is not authorized to perform: vpc-lattice-svcs:Invoke " +
        `on resource: ${service.arn}/orders because no service-based policy allows the ` +
        "vpc-lattice-svcs:Invoke action",
    );
    expect((await signed("/orders")).status).toBe(403);
  });

  it("asks who signed: an account, a role by its sessions, and not the unsigned", async () => {
    await policy(service.id, allow({ Principal: { AWS: "arn:aws:iam::000000000000:root" } }));
    expect((await service.call("/")).status).toBe(403);
    const response = await signed("/");
    expect(response.status).toBe(200);
    const event: unknown = await response.json();
    expect(event).toMatchObject({
      headers: {
        "x-amzn-lattice-identity":
          "Principal=arn:aws:iam::000000000000:root; PrincipalOrgID=; SessionName=; Type=AWS_IAM",
      },
    });
    await policy(service.id, allow({ Principal: { AWS: "111122223333" } }));
    expect((await signed("/")).status).toBe(403);

    const session = await roleSession();
    await policy(
      service.id,
      allow({ Principal: { AWS: "arn:aws:iam::000000000000:role/caller" } }),
    );
    expect((await signed("/")).status).toBe(403);
    expect(await (await signed("/", session)).json()).toMatchObject({
      headers: {
        "x-amzn-lattice-identity":
          "Principal=arn:aws:sts::000000000000:assumed-role/caller/me; PrincipalOrgID=; SessionName=me; Type=AWS_IAM",
      },
    });
  });

  it("takes a Deny before an Allow", async () => {
    await policy(
      service.id,
      allow(),
      allow({ Effect: "Deny", Resource: `${service.arn}/secret*` }),
    );
    expect((await service.call("/open")).status).toBe(200);
    const denied = await service.call("/secret/1");
    expect(denied.status).toBe(403);
    expect(await denied.text()).toContain("with an explicit deny in a service-based policy");
  });

  it("looks at the method, the path, headers and the query", async () => {
    await policy(
      service.id,
      allow({
        Condition: {
          StringEquals: { "vpc-lattice-svcs:RequestMethod": ["GET", "HEAD"] },
          StringLike: { "vpc-lattice-svcs:RequestPath": "/api/*" },
          StringNotEquals: { "vpc-lattice-svcs:RequestHeader/x-tier": "free" },
        },
      }),
      allow({ Condition: { StringEquals: { "vpc-lattice-svcs:RequestQueryString/key": "open" } } }),
    );
    expect((await service.call("/api/a")).status).toBe(200);
    expect((await service.call("/api/a", { method: "POST" })).status).toBe(403);
    expect((await service.call("/other")).status).toBe(403);
    expect((await service.call("/api/a", { headers: { "X-Tier": "free" } })).status).toBe(403);
    expect((await service.call("/other?key=open", { method: "POST" })).status).toBe(200);
  });

  it("looks at the tags of the service", async () => {
    const tagged = (value: string) =>
      policy(service.id, allow({ Condition: { StringEquals: { "aws:ResourceTag/Team": value } } }));
    await at.lattice.send(
      new TagResourceCommand({ resourceArn: service.arn, tags: { team: "shop" } }),
    );
    await tagged("pay");
    expect((await service.call("/")).status).toBe(403);
    await tagged("shop");
    expect((await service.call("/")).status).toBe(200);
  });

  it("tells the anonymous from the signed by aws:PrincipalType", async () => {
    await policy(
      service.id,
      allow(),
      allow({ Effect: "Deny", Condition: { StringEquals: { "aws:PrincipalType": "Anonymous" } } }),
    );
    expect((await service.call("/")).status).toBe(403);
    expect((await signed("/")).status).toBe(200);
  });

  it("has an active policy only while the auth type is AWS_IAM", async () => {
    const state = async () => {
      const own = new GetAuthPolicyCommand({ resourceIdentifier: service.arn });
      return (await at.lattice.send(own)).state;
    };
    expect(await state()).toBe("Active");
    await at.lattice.send(
      new UpdateServiceCommand({ serviceIdentifier: service.id, authType: "NONE" }),
    );
    expect(await state()).toBe("Inactive");
    expect((await service.call("/")).status).toBe(200);
  });

  it("refuses a policy that it cannot read", async () => {
    const put = (text: string) =>
      errorOf(
        at.lattice.send(new PutAuthPolicyCommand({ resourceIdentifier: service.id, policy: text })),
      );
    expect(await put("nothing")).toMatchObject({ name: "ValidationException", status: 400 });
    const odd = JSON.stringify({ Statement: allow({ Condition: { StringSounds: { a: "b" } } }) });
    expect((await put(odd)).message).toContain("StringSounds");
    const bare = JSON.stringify({ Statement: allow({ Principal: "111122223333" }) });
    expect((await put(bare)).message).toContain('Principal must be "*" or an object');
  });
});

describe("a network with AWS_IAM", () => {
  it("is asked first, whatever the service's auth type", async () => {
    const other = await at.group();
    const inner = await at.service(forwardTo(other), { networkAuth: "AWS_IAM" });
    const refused = await inner.call("/");
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain("because no network-based policy allows");
    await policy(inner.networkArn, allow());
    expect((await inner.call("/")).status).toBe(503);
  });
});

describe("conditions", () => {
  const keys = (values: Readonly<Record<string, readonly string[]>>) => (key: string) =>
    values[key];
  it.each<[string, readonly string[], Record<string, readonly string[]>, boolean]>([
    ["StringEquals", ["a", "b"], { k: ["b"] }, true],
    ["StringEquals", ["a"], {}, false],
    ["StringEqualsIfExists", ["a"], {}, true],
    ["StringNotEquals", ["a"], { k: ["b"] }, true],
    ["StringNotEquals", ["a"], {}, true],
    ["StringEqualsIgnoreCase", ["A"], { k: ["a"] }, true],
    ["ForAllValues:StringEquals", ["a", "b"], { k: ["a", "c"] }, false],
    ["ForAnyValue:StringEquals", ["a", "b"], { k: ["a", "c"] }, true],
    ["ArnLike", ["arn:aws:iam::*:role/x*"], { k: ["arn:aws:iam::1:role/xy"] }, true],
    ["NumericLessThan", ["100"], { k: ["80"] }, true],
    ["NumericEquals", ["443"], { k: ["80"] }, false],
    ["IpAddress", ["127.0.0.0/8"], { k: ["127.0.0.1"] }, true],
    ["NotIpAddress", ["127.0.0.0/8"], { k: ["10.0.0.1"] }, true],
    ["Null", ["true"], {}, true],
    ["Null", ["false"], { k: ["a"] }, true],
  ])("%s %j of %j is %s", (operator, wanted, values, expected) => {
    const [condition] = readCondition({ [operator]: { K: wanted } }) ?? [];
    expect(condition && holds(condition, keys(values), true)).toBe(expected);
  });
});
