// The wire layer by itself, in process: what it costs to turn a request into an operation and its input, and an
// output into the protocol's bytes, without HTTP and without a service.
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { realClock } from "../packages/local-cloud/src/index.ts";
import { createWire } from "../packages/local-cloud/src/wire/index.ts";

const WARM_UP = 3000;
const CALLS = 20_000;

interface WireCase {
  readonly service: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly output: unknown;
}

const CASES: Readonly<Record<string, WireCase>> = {
  "sts GetCallerIdentity (awsQuery)": {
    service: "sts",
    method: "POST",
    url: "/",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "Action=GetCallerIdentity&Version=2011-06-15",
    output: {
      UserId: "000000000000",
      Account: "000000000000",
      Arn: "arn:aws:iam::000000000000:root",
    },
  },
  "lambda UpdateAlias (restJson)": {
    service: "lambda",
    method: "PUT",
    url: "/2015-03-31/functions/checkout/aliases/live",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      FunctionVersion: "1",
      RoutingConfig: { AdditionalVersionWeights: { 2: 0.1 } },
    }),
    output: {
      AliasArn: "arn:aws:lambda:us-east-1:000000000000:function:checkout:live",
      Name: "live",
      FunctionVersion: "1",
      RoutingConfig: { AdditionalVersionWeights: { 2: 0.1 } },
      RevisionId: "c3a2c0f6-9b1f-4dc0-8f36-0e8d2ab0f3c1",
    },
  },
  "cloudwatch GetMetricData (awsJson)": {
    service: "monitoring",
    method: "POST",
    url: "/",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "GraniteServiceVersion20100801.GetMetricData",
    },
    body: JSON.stringify({
      StartTime: 1_795_000_000,
      EndTime: 1_795_000_300,
      MetricDataQueries: [
        {
          Id: "m1",
          MetricStat: {
            Metric: {
              Namespace: "AWS/Lambda",
              MetricName: "Errors",
              Dimensions: [{ Name: "FunctionName", Value: "checkout" }],
            },
            Period: 60,
            Stat: "Sum",
          },
        },
      ],
    }),
    output: {
      MetricDataResults: [
        {
          Id: "m1",
          Label: "Errors",
          StatusCode: "Complete",
          Timestamps: [new Date(0)],
          Values: [0],
        },
      ],
      Messages: [],
    },
  },
};

/** Rows of a table: the case, and microseconds per call of decoding and encoding together. */
export async function wireRows(): Promise<string[][]> {
  const clock = realClock((error) => {
    throw error;
  });
  const wire = createWire({
    region: "us-east-1",
    clock,
    verifySignatures: false,
    signingKey: () => undefined,
  });
  const rows: string[][] = [];
  for (const [name, wanted] of Object.entries(CASES)) {
    const call = async () => {
      const decoded = await wire.decode(requestOf(wanted), Buffer.from(wanted.body));
      if (decoded.kind !== "call") throw new Error(`${name} was refused`);
      decoded.encode(wanted.output, "c3a2c0f6-9b1f-4dc0-8f36-0e8d2ab0f3c1");
    };
    for (let index = 0; index < WARM_UP; index++) await call();
    const startMs = performance.now();
    for (let index = 0; index < CALLS; index++) await call();
    rows.push([name, (((performance.now() - startMs) * 1000) / CALLS).toFixed(1)]);
  }
  return rows;
}

function requestOf({ service, method, url, headers, body }: WireCase): IncomingMessage {
  const request = new IncomingMessage(SOCKET);
  request.method = method;
  request.url = url;
  request.headers = {
    ...headers,
    host: "127.0.0.1:4566",
    "content-length": String(body.length),
    authorization: `AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
  };
  return request;
}

const SOCKET = new Socket();
