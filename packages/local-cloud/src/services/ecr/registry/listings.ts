import { DIGEST, OCI_INDEX } from "../manifest.ts";
import { type PlaceState, requireRepository } from "../state.ts";
import { answerJson, type Exchange } from "./answer.ts";
import { digestInvalid, RegistryError } from "./errors.ts";

/** Entries of a page when the request does not say. Source: AWS docs, Amazon ECR (1000 tags a page). */
const PAGE = 1000;

export function serveTags(state: PlaceState, exchange: Exchange, name: string): void {
  requireRepository(state, name);
  const page = pageOf(exchange, `/v2/${name}/tags/list`, [...state.tags(name).entries()]);
  answerJson(exchange, { headers: page.headers, value: { name, tags: page.names } });
}

export function serveCatalog(state: PlaceState, exchange: Exchange): void {
  const page = pageOf(exchange, "/v2/_catalog", [...state.repositories.entries()]);
  answerJson(exchange, { headers: page.headers, value: { repositories: page.names } });
}

/** The images that are about another, as an index. Source: the OCI distribution spec 1.1. */
export function serveReferrers(
  state: PlaceState,
  exchange: Exchange,
  { name, digest }: { readonly name: string; readonly digest: string },
): void {
  requireRepository(state, name);
  if (!DIGEST.test(digest)) throw digestInvalid(digest);
  const wanted = exchange.query.get("artifactType");
  const manifests = [...state.images(name).values()]
    .filter(({ manifest }) => manifest.subject === digest)
    .filter(({ manifest }) => wanted === null || manifest.artifactType === wanted)
    .map(({ digest: referrer, text, manifest }) => ({
      mediaType: manifest.mediaType,
      digest: referrer,
      size: Buffer.byteLength(text),
      artifactType: manifest.artifactType,
      annotations: manifest.annotations,
    }));
  answerJson(exchange, {
    headers: {
      "content-type": OCI_INDEX,
      ...(wanted !== null && { "oci-filters-applied": "artifactType" }),
    },
    value: { schemaVersion: 2, mediaType: OCI_INDEX, manifests },
  });
}

/** `n` entries after `last`, in the order of their names, and a link to what follows. */
function pageOf(
  { query }: Exchange,
  path: string,
  entries: readonly (readonly [string, unknown])[],
): { readonly names: string[]; readonly headers: Readonly<Record<string, string>> } {
  const wanted = query.get("n") ?? String(PAGE);
  if (!/^\d{1,6}$/.test(wanted)) {
    throw new RegistryError(
      400,
      "PAGINATION_NUMBER_INVALID",
      `n is ${JSON.stringify(wanted)}; it must be a whole number`,
    );
  }
  const last = query.get("last") ?? "";
  const rest = entries
    .map(([name]) => name)
    .filter((name) => name > last)
    .sort();
  const names = rest.slice(0, Number(wanted));
  const next = names.at(-1);
  if (next === undefined || names.length === rest.length) return { names, headers: {} };
  const link = `<${path}?${new URLSearchParams({ n: wanted, last: next }).toString()}>; rel="next"`;
  return { names, headers: { link } };
}
