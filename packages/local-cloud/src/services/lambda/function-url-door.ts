import type { IncomingMessage, ServerResponse } from "node:http";
import type { AwsError } from "../../aws-error.ts";
import { BodyTooLargeError, readBody } from "../../body.ts";
import type { Signer } from "../../data-plane/authorization/traffic-decision.ts";
import type { Cloud, DoorMatch } from "../../service.ts";
import { admit } from "./function-url-authorization.ts";
import { functionUrlEvent } from "./function-url-event.ts";
import { corsHeaders, functionUrlAnswer } from "./function-url-response.ts";
import type { Invoker } from "./invoke/invoker.ts";
import { PAYLOAD_MAX_BYTES } from "./limits.ts";
import type { FunctionUrlRow, LambdaState, PlaceState } from "./state.ts";

interface Found {
  readonly state: PlaceState;
  readonly url: FunctionUrlRow;
}

/** Serves function URLs. Source: AWS docs, "Invoking Lambda function URLs". */
export function createFunctionUrlDoor(parts: {
  readonly cloud: Cloud;
  readonly lambda: LambdaState;
  readonly invoker: Invoker;
}) {
  const { cloud, lambda, invoker } = parts;
  const findUrl = urlFinder(lambda);

  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    match: DoorMatch,
    { state, url, signer }: Found & { readonly signer: Signer | undefined },
  ) => {
    const requestId = cloud.random.uuid();
    const body = await readBody(request, PAYLOAD_MAX_BYTES);
    const event = functionUrlEvent(request, body, {
      urlId: url.urlId,
      path: match.path,
      requestId,
      nowMs: cloud.clock.nowMs(),
      signer,
    });
    const result = await invoker.invoke({
      ...state.place,
      functionName: url.functionName,
      qualifier: url.alias,
      payload: Buffer.from(JSON.stringify(event)),
      invocationType: "RequestResponse",
      requestId,
    });
    response.setHeader("x-amzn-RequestId", requestId);
    if (result.kind === "refused" && result.status === 429) {
      return refuse(response, 429, "Rate Exceeded.");
    }
    const isAnswer = result.kind === "answered" && result.functionError === undefined;
    const sent = isAnswer ? functionUrlAnswer(result.payload) : undefined;
    if (sent === undefined) return refuse(response, 502, "Internal Server Error");
    for (const [name, value] of sent.headers) response.setHeader(name, value);
    response.writeHead(sent.status).end(sent.body);
  };

  return {
    async serve(request: IncomingMessage, response: ServerResponse, match: DoorMatch) {
      const found = findUrl(match.id);
      if (found === undefined) return forbid(response);
      const { cors } = found.url;
      if (cors !== undefined) {
        for (const [name, value] of corsHeaders(cors, request)) response.setHeader(name, value);
        if (isPreflight(request)) return void response.writeHead(200).end();
      }
      const admitted = await admit(cloud, found.state, found.url, request);
      if (admitted.kind === "forbidden") return forbid(response);
      if (admitted.kind === "fault") return answerFault(response, admitted.error);
      try {
        await answer(request, response, match, { ...found, signer: admitted.signer });
      } catch (error) {
        if (!(error instanceof BodyTooLargeError)) throw error;
        refuse(response, 413, "Request Entity Too Large");
      }
    },
  };
}

const FORBIDDEN =
  "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";

/**
 * A URL's id names no account: all places are searched, once. What was found is looked at again each
 * time, because its settings change and it may be deleted.
 */
function urlFinder(lambda: LambdaState) {
  const known = new Map<string, { readonly state: PlaceState; readonly key: string }>();
  const search = (urlId: string) => {
    for (const state of lambda.places()) {
      for (const [key, url] of state.urls.entries()) {
        if (url.urlId === urlId) return { state, key };
      }
    }
    return undefined;
  };
  return (urlId: string): Found | undefined => {
    const place = known.get(urlId) ?? search(urlId);
    const url = place?.state.urls.get(place.key);
    if (place === undefined || url?.urlId !== urlId) {
      known.delete(urlId);
      return undefined;
    }
    known.set(urlId, place);
    return { state: place.state, url };
  };
}

function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response
    .writeHead(status, { "content-type": "application/json" })
    .end(JSON.stringify({ Message: message }));
}

/** Whatever the reason, AWS does not say it. Source: its answers, with the header, as users quote them. */
function forbid(response: ServerResponse): void {
  response.setHeader("x-amzn-ErrorType", "AccessDeniedException");
  refuse(response, 403, FORBIDDEN);
}

/** Source of the text: jamesmbourne/aws4-axios#1553. Unverified: the header, and the small letter. */
function answerFault(response: ServerResponse, { code, message }: AwsError): void {
  response
    .writeHead(403, { "content-type": "application/json", "x-amzn-ErrorType": code })
    .end(JSON.stringify({ message }));
}
