/**
 * The values that a request has for a condition key, given in lower case: IAM does not tell "aws:SourceIp" from
 * "aws:sourceip". Undefined when the request does not have the key, which is not the same as having no values.
 */
export type RequestKeys = (key: string) => readonly string[] | undefined;

/** Keys that are the same for a whole request, by name in any case. */
export type KeyValues = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Asks one after the other. */
export function keysOf(...sources: readonly (RequestKeys | KeyValues)[]): RequestKeys {
  const asked = sources.map((source) => (typeof source === "function" ? source : lookUp(source)));
  return (key) => {
    for (const ask of asked) {
      const values = ask(key);
      if (values !== undefined) return values;
    }
    return undefined;
  };
}

function lookUp(values: KeyValues): RequestKeys {
  let byName: Map<string, readonly string[]> | undefined;
  return (key) => {
    // Most policies have no conditions: the table is made when one asks.
    byName ??= new Map(
      Object.entries(values).flatMap(([name, value]) =>
        value === undefined
          ? []
          : [[name.toLowerCase(), typeof value === "string" ? [value] : value] as const],
      ),
    );
    return byName.get(key);
  };
}
