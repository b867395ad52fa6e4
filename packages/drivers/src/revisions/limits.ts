import { RolloutError } from "@headgate/core";

/** The largest zip that UpdateFunctionCode takes in the request. Source: AWS docs, gettingstarted-limits. */
export const ZIP_MAX_BYTES = 50 * 1024 * 1024;
/** The most that a zip may unpack to. Source: AWS docs, gettingstarted-limits. */
export const UNZIPPED_MAX_BYTES = 250 * 1024 * 1024;

/** @throws {RolloutError} REVISION_INVALID with both numbers. */
export function mustFitZipped(path: string, bytes: number): void {
  if (bytes > ZIP_MAX_BYTES) throw tooLarge(`${path}: the zip is`, bytes, ZIP_MAX_BYTES);
}

/** @throws {RolloutError} REVISION_INVALID with both numbers. */
export function mustFitUnzipped(path: string, bytes: number): void {
  if (bytes > UNZIPPED_MAX_BYTES)
    throw tooLarge(`${path}: its files are`, bytes, UNZIPPED_MAX_BYTES);
}

function tooLarge(what: string, bytes: number, mostBytes: number): RolloutError {
  return new RolloutError(
    "REVISION_INVALID",
    `${what} ${megabytes(bytes)}; Lambda takes at most ${megabytes(mostBytes)}`,
    { hint: "Leave out what the function does not need, or move libraries to a layer." },
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
