/** Whether node:http would send the header. It throws for what could end a header early or start another. */
export function isSendableHeader(name: string, value: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

/** node:http would take a status below 200 for an interim answer and never end the real one. */
export function isFinalStatus(status: unknown): status is number {
  return Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 999;
}
