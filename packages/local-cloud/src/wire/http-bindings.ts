import type { Member, Structure } from "../model/shape.ts";

/** Where a structure's members travel, in requests or in answers. */
export interface Bindings {
  readonly labels: readonly Member[];
  readonly queries: readonly (readonly [name: string, Member])[];
  /** Takes the query parameters that no other member takes. */
  readonly queryMap: Member | undefined;
  /** Names in lower case, as Node gives them. */
  readonly headers: readonly (readonly [name: string, Member])[];
  readonly headerMaps: readonly (readonly [prefix: string, Member])[];
  readonly status: Member | undefined;
  readonly payload: Member | undefined;
  /** What is left, as a structure of its own. */
  readonly body: Structure;
}

const requestBindings = new WeakMap<Structure, Bindings>();
const answerBindings = new WeakMap<Structure, Bindings>();

/**
 * An output may reuse a structure that an input binds to path and query; in an answer such members
 * belong in the body. So the same structure is bound per side.
 */
export function bindingsOf(shape: Structure, side: "request" | "answer"): Bindings {
  const cache = side === "request" ? requestBindings : answerBindings;
  const known = cache.get(shape);
  if (known !== undefined) return known;
  const bindings = bind(shape, side);
  cache.set(shape, bindings);
  return bindings;
}

function bind(shape: Structure, side: "request" | "answer"): Bindings {
  const labels: Member[] = [];
  const queries: [string, Member][] = [];
  const headers: [string, Member][] = [];
  const headerMaps: [string, Member][] = [];
  const body: Member[] = [];
  let queryMap: Member | undefined;
  let status: Member | undefined;
  let payload: Member | undefined;
  for (const member of shape.members) {
    const { traits } = member;
    const isRequest = side === "request";
    if (isRequest && traits.httpLabel) labels.push(member);
    else if (isRequest && traits.httpQuery) queries.push([traits.httpQuery, member]);
    else if (isRequest && traits.httpQueryParams) queryMap = member;
    else if (!isRequest && traits.httpResponseCode) status = member;
    else if (traits.httpHeader) headers.push([traits.httpHeader.toLowerCase(), member]);
    else if (typeof traits.httpPrefixHeaders === "string") {
      headerMaps.push([traits.httpPrefixHeaders.toLowerCase(), member]);
    } else if (traits.httpPayload || member.isEventStream) payload = member;
    else body.push(member);
  }
  return {
    labels,
    queries,
    queryMap,
    headers,
    headerMaps,
    status,
    payload,
    body: { ...shape, members: body },
  };
}
