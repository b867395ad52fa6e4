// Path templates that none of the cloud's own services have, but that the router must read right before
// one does: greedy labels, and literals that labels would also take.
import { describe, expect, it } from "vitest";
import type { Operation } from "../../src/model/service-model.ts";
import { structureOf } from "../../src/model/shape.ts";
import { createRouter } from "../../src/wire/router.ts";
import { parseQuery, type WireRequest } from "../../src/wire/wire-request.ts";

const UNIT = structureOf("unit", {});

function operation(name: string, method: string, uri: string): Operation {
  return { service: "lambda", name, http: { method, uri, status: 200 }, input: UNIT, output: UNIT };
}

const ROUTER = createRouter([
  operation("PutObject", "PUT", "/{Bucket}/{Key+}"),
  operation("CreateBucket", "PUT", "/{Bucket}"),
  operation("Upload", "PUT", "/{Bucket}/{Key+}?x-id=Upload&part"),
  operation("GetMeta", "GET", "/{Bucket}/{Key+}/meta"),
  operation("GetAny", "GET", "/a/{Id}/c"),
  operation("GetFixed", "GET", "/a/b/d"),
  operation("Root", "GET", "/"),
]);

function match(method: string, target: string): string {
  const [path = "", query = ""] = target.split("?");
  const request: WireRequest = {
    method,
    path,
    segments: path.split("/").slice(1),
    query: parseQuery(query),
    headers: {},
    body: Buffer.alloc(0),
    bodyFault: undefined,
    signedBody: Buffer.alloc(0),
  };
  const route = ROUTER.match(request);
  return route === undefined ? "none" : `${route.operation.name} ${JSON.stringify(route.labels)}`;
}

describe("router", () => {
  it.each([
    ["PUT", "/bk", 'CreateBucket {"Bucket":"bk"}'],
    ["PUT", "/bk/", 'CreateBucket {"Bucket":"bk"}'],
    ["PUT", "/bk/a", 'PutObject {"Bucket":"bk","Key":"a"}'],
    ["PUT", "/bk/dir/", 'PutObject {"Bucket":"bk","Key":"dir/"}'],
    ["PUT", "/bk/a//b%2Fc", 'PutObject {"Bucket":"bk","Key":"a//b%2Fc"}'],
    ["PUT", "/bk/a?x-id=Upload&part=1", 'Upload {"Bucket":"bk","Key":"a"}'],
    ["PUT", "/bk/a?x-id=Upload", 'PutObject {"Bucket":"bk","Key":"a"}'],
    ["GET", "/bk/a/b/meta", 'GetMeta {"Bucket":"bk","Key":"a/b"}'],
    ["GET", "/bk/meta", "none"],
    ["GET", "/a/b/c", 'GetAny {"Id":"b"}'],
    ["GET", "/a/b/d", "GetFixed {}"],
    ["GET", "/a//c", "none"],
    ["GET", "/", "Root {}"],
    ["POST", "/bk", "none"],
  ])("%s %s", (method, target, expected) => {
    expect(match(method, target)).toBe(expected);
  });
});
