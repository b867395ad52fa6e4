/** More than a verdict, or an answer that a test looks into, takes. */
const BODY_BYTES_MAX = 1024 * 1024;

export const BODY_LIMIT = `${BODY_BYTES_MAX} bytes`;

/** The body as text; undefined when it is too long: what was cut off may be what matters. */
export async function readBounded({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
