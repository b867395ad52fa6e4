// With `verifySignatures`, only a request that its key's owner signed gets in. The SDK's own signer is
// the other side; then one thing at a time is changed on the way, as an attacker or a typo would.
import { request as httpRequest } from "node:http";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sha256 } from "../support/sha256.ts";
import { CREDENTIALS, sdkClient } from "./sdk-client.ts";
import { startWireServer, type WireServer } from "./wire-server.ts";

const NOW_MS = Date.now();
let nowMs = NOW_MS;
let server: WireServer;
beforeAll(async () => {
  server = await startWireServer({
    verifySignatures: true,
    clock: { nowMs: () => nowMs },
    signingKey: (key) =>
      key === CREDENTIALS.accessKeyId ? { ...CREDENTIALS, isExpired: false } : undefined,
  });
});
afterAll(() => server.close());

async function call(
  service: "sts" | "lambda" | "logs" | "monitoring",
  settings: Record<string, unknown> = {},
) {
  const operations = {
    sts: ["GetCallerIdentity", {}],
    lambda: ["ListTags", { Resource: "arn:aws:lambda:us-west-2:111111111111:function:f (1)*" }],
    logs: ["DescribeLogGroups", {}],
    monitoring: ["ListMetrics", {}],
  } as const;
  const client = await sdkClient(service, server.endpoint, settings);
  const [operation, input] = operations[service];
  nowMs = NOW_MS;
  try {
    await client.send(operation, input);
    return server.last()?.kind;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata: { httpStatusCode: number } };
    return { name, message, status: $metadata.httpStatusCode };
  } finally {
    client.destroy();
  }
}

const MISMATCH = /^The request signature we calculated does not match the signature you provided\./;
const wrongSecret = { credentials: { ...CREDENTIALS, secretAccessKey: "other" } };
const unknownKey = { credentials: { accessKeyId: "AKIAUNKNOWN", secretAccessKey: "x" } };
const early = { systemClockOffset: -16 * 60_000 };
const late = { systemClockOffset: 16 * 60_000 };

describe("signed headers", () => {
  it.each(["sts", "logs", "monitoring"] as const)("lets a right one in: %s", async (service) => {
    expect(await call(service)).toBe("call");
  });

  it("lets a path in that needs two encodings", async () => {
    const client = await sdkClient("lambda", server.endpoint);
    await client.send("GetFunction", { FunctionName: "f", Qualifier: "live" });
    await client
      .send("ListTags", { Resource: "arn:aws:lambda:us-west-2:111111111111:function:f" })
      .catch(() => {});
    client.destroy();
    expect(server.last()?.kind).toBe("call");
  });

  it.each([
    ["sts", wrongSecret, "SignatureDoesNotMatch", MISMATCH, 403],
    ["lambda", wrongSecret, "InvalidSignatureException", MISMATCH, 403],
    ["logs", wrongSecret, "InvalidSignatureException", MISMATCH, 400],
    ["sts", unknownKey, "InvalidClientTokenId", /^The security token included/, 403],
    ["lambda", unknownKey, "UnrecognizedClientException", /^The security token included/, 403],
    ["logs", unknownKey, "UnrecognizedClientException", /^The security token included/, 400],
    ["sts", early, "SignatureDoesNotMatch", /^Signature expired: \d{8}T\d{6}Z is now earlier/, 403],
    [
      "sts",
      late,
      "SignatureDoesNotMatch",
      /^Signature not yet current: \d{8}T\d{6}Z is still/,
      403,
    ],
  ] as const)("%s refuses %o: %s", async (service, settings, name, message, status) => {
    expect(await call(service, settings)).toEqual({
      name,
      message: expect.stringMatching(message),
      status,
    });
  });

  it("refuses none at all, and half a one", async () => {
    const ask = async (headers: Record<string, string>) => {
      const response = await fetch(server.endpoint, {
        method: "POST",
        body: "Action=GetCallerIdentity&Version=2011-06-15",
        headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      });
      return `${response.status} ${await response.text()}`;
    };
    expect(await ask({})).toMatch(/^403 .*<Code>MissingAuthenticationToken<\/Code>/);
    expect(
      await ask({
        authorization: "AWS4-HMAC-SHA256 Credential=A/20261121/us-east-1/sts/aws4_request",
      }),
    ).toMatch(
      /^400 .*<Code>IncompleteSignature<.*requires &apos;Signature&apos; parameter\..*X-Amz-Date/,
    );
  });
});

interface Signable {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}

const SIGNER = new SignatureV4({
  service: "sts",
  region: "eu-west-1",
  credentials: CREDENTIALS,
  sha256: Sha256,
});
const ACTION = "Action=GetCallerIdentity&Version=2011-06-15";

describe("one thing changed after signing", () => {
  async function send(
    kind: "sign" | "presign",
    change: (request: Signable) => void,
    ageMs = 0,
  ): Promise<string> {
    const { host } = new URL(server.endpoint);
    const [hostname, port] = host.split(":");
    const request = {
      protocol: "http:",
      hostname: hostname ?? "",
      port: Number(port),
      method: kind === "sign" ? "POST" : "GET",
      path: "/",
      query:
        kind === "sign"
          ? { "b b": "ä*(1)'!", a: "~x" }
          : { Action: "GetCallerIdentity", Version: "2011-06-15" },
      headers: { host, "x-amz-note": "  two   spaces ", "content-type": FORM },
      body: kind === "sign" ? ACTION : "",
    };
    nowMs = NOW_MS;
    const signingDate = new Date(NOW_MS - ageMs);
    const signed = (
      kind === "sign"
        ? await SIGNER.sign(request, { signingDate })
        : await SIGNER.presign(request, { signingDate, expiresIn: 600 })
    ) as unknown;
    const wanted = signed as Signable;
    change(wanted);
    const query = new URLSearchParams(wanted.query).toString();
    return new Promise((resolve, reject) => {
      const { method, headers, body } = wanted;
      const url = `${server.endpoint}${wanted.path}?${query}`;
      const sent = httpRequest(url, { method, headers }, (response) => {
        response.resume().once("end", () => {
          resolve(`${response.statusCode}`);
        });
      });
      sent.once("error", reject);
      sent.end(body);
    });
  }

  it.each(["sign", "presign"] as const)("%s: nothing changed is let in", async (kind) => {
    expect(await send(kind, () => {})).toBe("200");
  });

  it.each<[string, (request: Signable) => void]>([
    ["the body", (request) => (request.body = request.body.replace("Caller", "CALLER"))],
    ["the path", (request) => (request.path = "/x")],
    ["the query", (request) => (request.query["a"] = "y")],
    ["a parameter more", (request) => (request.query["c"] = "")],
    ["the method", (request) => (request.method = "PUT")],
    ["a signed header", (request) => (request.headers["x-amz-note"] = "three")],
    ["the region", edit("eu-west-1", "us-east-1")],
    ["the service", edit("/sts/", "/iam/")],
    ["the signature", edit(/Signature=(.)/, (_, digit) => `Signature=${digit === "0" ? 1 : 0}`)],
    ["the signed headers", edit("host;", "")],
  ])("sign: refuses %s changed", async (_what, change) => {
    expect(await send("sign", change)).toBe("403");
  });

  it.each<[string, (request: Signable) => void]>([
    ["the action", (request) => (request.query["Action"] = "GetSessionToken")],
    ["the expiry", (request) => (request.query["X-Amz-Expires"] = "601")],
    [
      "a body added",
      (request) =>
        Object.assign(request, {
          body: "x",
          headers: { ...request.headers, "content-length": "1" },
        }),
    ],
  ])("presign: refuses %s changed", async (_what, change) => {
    expect(await send("presign", change)).toBe("403");
  });

  it("presign: holds as long as it says, and no longer", async () => {
    expect(await send("presign", () => {}, 599_000)).toBe("200");
    expect(await send("presign", () => {}, 602_000)).toBe("403");
  });
});

const FORM = "application/x-www-form-urlencoded";

type Edited = (whole: string, part: string) => string;

function edit(from: string | RegExp, to: string | Edited): (request: Signable) => void {
  return ({ headers }) => {
    const name = Object.keys(headers).find((key) => key.toLowerCase() === "authorization") ?? "";
    headers[name] = (headers[name] ?? "").replace(from, typeof to === "string" ? () => to : to);
  };
}
