declare const unit: unique symbol;

/** Share of traffic for the canary: an integer in basis points, 0 to 10000. Core's only weight unit. */
export type WeightBps = number & { readonly [unit]: "WeightBps" };

/** @throws {RangeError} when `value` is not an integer from 0 to 10000. */
export function weightBps(value: number): WeightBps {
  if (!Number.isInteger(value) || value < 0 || value > 10_000) {
    throw new RangeError(`a weight is an integer from 0 to 10000 basis points, got ${value}`);
  }
  return value as WeightBps;
}

export const NO_TRAFFIC = weightBps(0);
export const ALL_TRAFFIC = weightBps(10_000);

/** "12.5%" for 1250: at most two decimals, none that are zero. */
export function formatWeight(weight: WeightBps): string {
  return `${weight / 100}%`;
}
