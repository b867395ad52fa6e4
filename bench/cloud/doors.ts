// The ways into the local cloud that the benchmark sends requests through, all on one Python function.
import type autocannon from "autocannon";
import { type Clients, openShop } from "../../packages/cli/src/demo/shop.ts";
import { shopClients } from "../../packages/cli/src/demo/shop-clients.ts";
import { createFunctionGroup, openLatticeService } from "../lattice-service.ts";
import { configurationOf, zipOf } from "../local-cloud.ts";

export interface Door {
  readonly name: string;
  readonly request: autocannon.Request & { readonly url: string };
  /** The only statuses that count as an answer. */
  readonly answers: "2xx" | "4xx";
}

const CANARY_PERCENT = 10;

/** A function that only answers: the demo's own also writes a metric with each request. */
const HANDLER = `import json


def handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"version": "1.0.0", "environment": "blue"})}
`;

/** The demo's function, alias and API with that handler; a second stage; two VPC Lattice services. */
export async function openDoors(endpoint: string): Promise<readonly Door[]> {
  const configuration = configurationOf(endpoint);
  const shop = await openShop(configuration, await zipOf(HANDLER));
  const clients = await shopClients(configuration);
  const canaryStage = await openCanaryStage(clients);
  const { Configuration } = await clients.lambda.getFunction({ FunctionName: shop.functionName });
  const group = await createFunctionGroup(clients, "shop", `${Configuration?.FunctionArn}:1`);
  const forwarding = await openLatticeService(clients, endpoint, "forwarding");
  await forwarding.forwardTo([{ id: group, weight: 1 }]);
  const fixed = await openLatticeService(clients, endpoint, "fixed");
  await checkServed(fixed.url);
  clients.close();
  return [
    {
      name: "API Gateway -> alias -> warm Python function",
      request: { url: shop.url },
      answers: "2xx",
    },
    {
      name: `the same from a stage with a canary of ${CANARY_PERCENT} %`,
      request: { url: shop.url.replace("/prod/", `/${canaryStage}/`) },
      answers: "2xx",
    },
    {
      name: "VPC Lattice listener -> warm Python function",
      request: { url: forwarding.url },
      answers: "2xx",
    },
    {
      // VPC Lattice answers by itself with 404 or 500, with nothing else.
      name: "VPC Lattice listener, fixed response",
      request: { url: fixed.url },
      answers: "4xx",
    },
    {
      name: "sts GetCallerIdentity (wire layer, awsQuery)",
      request: sts(endpoint),
      answers: "2xx",
    },
  ];
}

/** A service that is not served answers 404 too, and says why; the listener's own has no body. */
async function checkServed(url: string): Promise<void> {
  const body = await (await fetch(url)).text();
  if (body !== "") throw new Error(`${url} answered ${body}, not the listener's fixed response`);
}

/** A stage of the only API, with its deployment on both sides. @returns the stage's name. */
async function openCanaryStage({ gateway }: Clients): Promise<string> {
  const { items: [api] = [] } = await gateway.getRestApis({});
  const restApiId = api?.id;
  const { items: [deployment] = [] } = await gateway.getDeployments({ restApiId });
  const deploymentId = deployment?.id;
  const stageName = "split";
  const canarySettings = { deploymentId, percentTraffic: CANARY_PERCENT };
  await gateway.createStage({ restApiId, stageName, deploymentId, canarySettings });
  return stageName;
}

function sts(url: string): Door["request"] {
  return {
    url,
    method: "POST",
    body: "Action=GetCallerIdentity&Version=2011-06-15",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization:
        "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0",
    },
  };
}
