/** The `@ptr` of a result: names one event for GetLogRecord. `log` is "account:group". */
export function eventPointer(log: string, id: number): string {
  return Buffer.from(JSON.stringify([log, id])).toString("base64");
}

/** Undefined when the text is no pointer of ours. */
export function eventOfPointer(
  pointer: string,
): { readonly account: string; readonly group: string; readonly id: number } | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(pointer, "base64").toString());
    if (!Array.isArray(parts)) return undefined;
    const [log, id] = parts as readonly unknown[];
    if (typeof log !== "string" || typeof id !== "number") return undefined;
    const colon = log.indexOf(":");
    return { account: log.slice(0, colon), group: log.slice(colon + 1), id };
  } catch {
    return undefined;
  }
}
