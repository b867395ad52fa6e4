// Protects the reading of access logs in any format: what cannot tell deployments apart is seen, and what users write
// into their headers does not spoil a line.
import { describe, expect, it } from "vitest";
import {
  latencyVariableOf,
  lineReader,
  missingIn,
  RECOMMENDED_FORMAT,
} from "../../../src/metrics/access-log/format.ts";

const FORMATS = {
  recommended: RECOMMENDED_FORMAT,
  commonLog:
    '$context.identity.sourceIp $context.identity.caller [$context.requestTime]"$context.httpMethod ' +
    '$context.resourcePath $context.protocol" $context.status $context.responseLength $context.deploymentId ' +
    "$context.integrationLatency $context.requestId",
  csv: "${context.requestId},$context.status,$context.deploymentId,$context.responseLatency\n",
  xml: "<r id='$context.requestId'><s>$context.status</s><d>$context.deploymentId</d><l>$context.responseLatency</l></r>",
  withHeader:
    '{"requestId":"$context.requestId","agent":"$context.identity.userAgent","status":$context.status,' +
    '"deploymentId":"$context.deploymentId","took":$context.responseLatency}',
};

function filled(format: string, values: Readonly<Record<string, string>>): string {
  return format
    .trimEnd()
    .replaceAll(
      /\$context\.([A-Za-z.]*[A-Za-z])|\$\{context\.([A-Za-z.]+)\}/g,
      (_whole, plain: string | undefined, braced: string | undefined) =>
        values[plain ?? braced ?? ""] ?? "-",
    );
}

describe.each(Object.entries(FORMATS))("%s", (_name, format) => {
  const read = lineReader(format);
  const request = { status: "502", deploymentId: "ab12cd", requestId: "r-1" };
  const timed = { ...request, responseLatency: "41", integrationLatency: "41" };

  it("is read", () => {
    expect(read?.(filled(format, timed))).toEqual({
      deploymentId: "ab12cd",
      status: 502,
      latencyMs: 41,
    });
  });

  it("has no latency when API Gateway knew none", () => {
    expect(read?.(filled(format, request))).toEqual({ deploymentId: "ab12cd", status: 502 });
  });

  it.each(["", "START RequestId: 1", "{}", "x".repeat(20_000)])(
    "reads nothing in %.20s",
    (line) => {
      expect(read?.(line)).toBeUndefined();
    },
  );
});

it("is not fooled by quotation marks in a user's header", () => {
  const values = { status: "200", deploymentId: "ab12cd", responseLatency: "5" };
  for (const agent of [
    'a "quoted" agent',
    '","status":500,"deploymentId":"zz99zz"',
    "$context.status",
  ]) {
    const line = filled(FORMATS.withHeader, { ...values, "identity.userAgent": agent });
    expect(lineReader(FORMATS.withHeader)?.(line)).toMatchObject({
      deploymentId: "ab12cd",
      status: 200,
    });
  }
});

it("says what is missing", () => {
  expect(missingIn("$context.requestId")).toEqual(["deploymentId", "status"]);
  expect(missingIn("$context.deploymentIdentity $context.status")).toEqual(["deploymentId"]);
  expect(lineReader("$context.requestId $context.status")).toBeUndefined();
  expect(latencyVariableOf(FORMATS.commonLog)).toBe("integrationLatency");
  expect(latencyVariableOf("$context.status")).toBeUndefined();
});
