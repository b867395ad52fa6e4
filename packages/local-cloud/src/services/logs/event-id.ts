import type { EventPosition } from "../../telemetry/log-records.ts";

/** AWS's event ids are 56 digits whose upper bits are the event's time in milliseconds. */
const TIME_SHIFT = 144n;
const DIGITS = 56;
const LOW_BITS = (1n << TIME_SHIFT) - 1n;

export function eventId({ atMs, id }: EventPosition): string {
  return ((BigInt(atMs) << TIME_SHIFT) | BigInt(id)).toString().padStart(DIGITS, "0");
}

/** Undefined when the text is no id of ours. */
export function positionOf(text: string): EventPosition | undefined {
  if (!/^\d{56}$/.test(text)) return undefined;
  const bits = BigInt(text);
  return { atMs: Number(bits >> TIME_SHIFT), id: Number(bits & LOW_BITS) };
}
