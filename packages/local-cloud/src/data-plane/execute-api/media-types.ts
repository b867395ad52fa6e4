/** "image/png; q=0.9, text/html" to "image/png": AWS looks at the first only. */
export function firstMediaType(header: string | undefined): string {
  return (header ?? "").split(",", 1)[0]?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** Whether a body of this type is binary to an API. The wildcard takes everything, a missing header too. */
export function isBinary(header: string | undefined, binaryMediaTypes: readonly string[]): boolean {
  if (binaryMediaTypes.length === 0) return false;
  if (binaryMediaTypes.includes("*/*")) return true;
  const type = firstMediaType(header);
  return binaryMediaTypes.some(
    (one) => one === type || (one.endsWith("/*") && type.startsWith(one.slice(0, -1))),
  );
}
