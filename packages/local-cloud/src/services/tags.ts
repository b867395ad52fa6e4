/** Tags by key. */
export type Tags = Readonly<Record<string, string>>;

export function withoutTags(tags: Tags, keys: readonly string[] | undefined): Tags {
  const gone = new Set(keys);
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key)));
}
