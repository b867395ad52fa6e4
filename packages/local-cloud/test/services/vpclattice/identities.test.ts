// Protects that where IAM is enforced a request to a service needs both: an auth policy that allows it, and policies of who
// signed that do. In AWS's words, and the access log says which was missing.
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  FilterLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { IAM } from "@aws-sdk/client-iam";
import {
  CreateAccessLogSubscriptionCommand,
  PutAuthPolicyCommand,
} from "@aws-sdk/client-vpc-lattice";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { allowing, type Key } from "../../support/iam-cloud.ts";
import { signedFetch } from "../../support/signed-fetch.ts";
import { ECHO, forwardTo, latticeCloud, type LatticeCloud } from "./lattice-cloud.ts";

const ACCOUNT = "000000000000";
const OTHER = "111122223333";
const INVOKE = "vpc-lattice-svcs:Invoke";

let at: LatticeCloud;
let service: Awaited<ReturnType<LatticeCloud["service"]>>;
let ann: Key;
let bob: Key;
beforeAll(async () => {
  at = await latticeCloud({ iam: "enforce" });
  const group = await at.functionGroup("guarded", ECHO);
  service = await at.service(forwardTo(group), { service: { authType: "AWS_IAM" } });
  ann = await user(ACCOUNT, "ann");
  bob = await user(OTHER, "bob");
});
afterAll(() => at.close());
beforeEach(async () => {
  await authPolicy(service.id, { Principal: "*" });
  await permit(ACCOUNT, "ann", []);
  await permit(OTHER, "bob", []);
});

async function user(account: string, UserName: string): Promise<Key> {
  const iam = at.cloud.client(IAM, { account });
  await iam.createUser({ UserName });
  const { AccessKey } = await iam.createAccessKey({ UserName });
  return {
    accessKeyId: AccessKey?.AccessKeyId ?? "",
    secretAccessKey: AccessKey?.SecretAccessKey ?? "",
  };
}

/** On these paths of the service. */
async function permit(account: string, UserName: string, paths: readonly string[]) {
  const policy = allowing(
    [paths.length === 0 ? "sns:*" : INVOKE],
    paths.length === 0 ? ["*"] : paths.map((path) => `${service.arn}${path}`),
  );
  const PolicyDocument = JSON.stringify(policy);
  const iam = at.cloud.client(IAM, { account });
  await iam.putUserPolicy({ UserName, PolicyName: "own", PolicyDocument });
}

async function authPolicy(resourceIdentifier: string, more: Readonly<Record<string, unknown>>) {
  const Statement = [{ Effect: "Allow", Action: INVOKE, Resource: "*", ...more }];
  const policy = JSON.stringify({ Version: "2012-10-17", Statement });
  await at.lattice.send(new PutAuthPolicyCommand({ resourceIdentifier, policy }));
}

const call = (path: string, key: Key, region = "us-east-1") =>
  signedFetch(`${at.cloud.url}/_aws/vpc-lattice/${service.id}${path}`, key, {
    service: "vpc-lattice-svcs",
    region,
  });

const denied = (arn: string, path: string, why: string) =>
  `AccessDeniedException: User: ${arn} is not authorized to perform: ${INVOKE} ` +
  `on resource: ${service.arn}${path} ${why}`;

const NOT_BY_IDENTITY = `because no identity-based policy allows the ${INVOKE} action`;

it("needs the policies of who signed beside the auth policy, in the same account too", async () => {
  const arn = `arn:aws:iam::${ACCOUNT}:user/ann`;
  const refused = await call("/orders", ann);
  expect([refused.status, await refused.text()]).toEqual([
    403,
    denied(arn, "/orders", NOT_BY_IDENTITY),
  ]);
  // Even where the auth policy names the user.
  await authPolicy(service.id, { Principal: { AWS: arn } });
  expect((await call("/orders", ann)).status).toBe(403);
  await permit(ACCOUNT, "ann", ["/orders"]);
  expect((await call("/orders", ann)).status).toBe(200);
  expect((await call("/other", ann)).status).toBe(403);
  await authPolicy(service.id, { Principal: { AWS: OTHER } });
  expect(await (await call("/orders", ann)).text()).toBe(
    denied(arn, "/orders", `because no service-based policy allows the ${INVOKE} action`),
  );
});

it("needs both of another account, too", async () => {
  await permit(OTHER, "bob", ["/*"]);
  expect((await call("/", bob)).status).toBe(200);
  await authPolicy(service.id, { Principal: { AWS: ACCOUNT } });
  expect((await call("/", bob)).status).toBe(403);
  await authPolicy(service.id, { Principal: { AWS: OTHER } });
  expect((await call("/", bob)).status).toBe(200);
  await permit(OTHER, "bob", []);
  expect((await call("/", bob)).status).toBe(403);
});

it("is denied by who signs, whatever an auth policy allows", async () => {
  const Statement = [
    ...allowing([INVOKE]).Statement,
    {
      Effect: "Deny",
      Action: INVOKE,
      Resource: "*",
      Condition: { StringEquals: { "vpc-lattice-svcs:RequestMethod": "GET" } },
    },
  ];
  await at.cloud.client(IAM).putUserPolicy({
    UserName: "ann",
    PolicyName: "own",
    PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }),
  });
  expect(await (await call("/", ann)).text()).toContain(
    "with an explicit deny in an identity-based policy",
  );
});

it("lets the anonymous in where an auth policy does: there is nobody to ask", async () => {
  expect((await service.call("/")).status).toBe(200);
});

it("takes no key that is nobody's, and no signature for another region", async () => {
  const nobody = { accessKeyId: "AKIANOBODY", secretAccessKey: "any" };
  const refused = await call("/", nobody);
  expect([refused.status, await refused.text()]).toEqual([
    403,
    "UnrecognizedClientException: The security token included in the request is invalid.",
  ]);
  await permit(ACCOUNT, "ann", ["/*"]);
  expect((await call("/", ann)).status).toBe(200);
  expect(await (await call("/", ann, "eu-west-1")).text()).toMatch(/^InvalidSignatureException: /);
});

it("says in the access log whose policy it was", async () => {
  const logs = at.cloud.client(CloudWatchLogsClient);
  await logs.send(new CreateLogGroupCommand({ logGroupName: "lattice" }));
  await at.lattice.send(
    new CreateAccessLogSubscriptionCommand({
      resourceIdentifier: service.arn,
      destinationArn: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:lattice:*`,
    }),
  );
  await call("/", ann);
  await authPolicy(service.id, { Principal: { AWS: OTHER } });
  await call("/", ann);
  const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: "lattice" }));
  expect(events.map(({ message = "{}" }) => JSON.parse(message) as unknown)).toMatchObject([
    { authDeniedReason: "Identity", callerPrincipal: `arn:aws:iam::${ACCOUNT}:user/ann` },
    { authDeniedReason: "Service" },
  ]);
});
