/** A pair of a sample's value and how many samples have it. */
export type Weighted = readonly [value: number, count: number];

/** Statistics of some samples without the samples: what PutMetricData calls a statistic set. */
export interface StatisticSet {
  readonly sum: number;
  readonly count: number;
  readonly min: number;
  readonly max: number;
}

/** How the single values are kept: one by one, in log-spaced bins, or not at all. */
export type Form = "exact" | "bins" | "none";

/** Different values kept exactly in one bucket; with more the values move into bins. */
const EXACT_LIMIT = 512;

/** A value read back from a bin differs from the recorded one by at most this share. */
export const BIN_RELATIVE_ERROR = 0.01;

const GAMMA = (1 + BIN_RELATIVE_ERROR) / (1 - BIN_RELATIVE_ERROR);
const BINS_PER_E = 1 / Math.log(GAMMA);

/** The samples of one period, as far as a reader may see them. */
export interface Samples extends StatisticSet {
  /**
   * The values in rising order with their counts, or undefined when they are not known: statistic
   * sets have none, and AWS gives no percentiles for a metric with negative values.
   */
  weighted(): readonly Weighted[] | undefined;
}

/**
 * Samples folded into sum, count, extremes and a value-to-count table. The table is exact up to
 * {@link EXACT_LIMIT} different values, then a log-spaced histogram: percentiles are off by at most
 * {@link BIN_RELATIVE_ERROR}, sum, count and extremes never.
 */
export class Distribution implements Samples {
  sum = 0;
  count = 0;
  min = Infinity;
  max = -Infinity;
  #form: Form = "exact";
  #table = new Map<number, number>();

  /** Hot path: several calls per HTTP request. */
  add(value: number, count: number): void {
    this.sum += value * count;
    this.count += count;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (this.#form === "none") return;
    if (value < 0) this.#forget();
    else this.#tally(this.#form === "exact" ? value : binOf(value), count);
  }

  /** Adds a statistic set. Its values stay known only when they are all the same. */
  addSet(set: StatisticSet): void {
    if (set.min === set.max && set.sum === set.min * set.count) {
      this.add(set.min, set.count);
      return;
    }
    this.#addTotals(set);
    this.#forget();
  }

  merge(other: Distribution): void {
    this.#addTotals(other);
    if (this.#form === "none") return;
    if (other.#form === "none") {
      this.#forget();
      return;
    }
    if (other.#form === "bins") this.#moveToBins();
    for (const [key, count] of other.#table) {
      this.#tally(this.#form === other.#form ? key : binOf(key), count);
    }
  }

  weighted(): readonly Weighted[] | undefined {
    if (this.#form === "none") return undefined;
    const sorted = [...this.#table].sort(([left], [right]) => left - right);
    if (this.#form === "exact") return sorted;
    return sorted.map(([bin, count]) => [
      Math.min(this.max, Math.max(this.min, valueOf(bin))),
      count,
    ]);
  }

  /** For the disk: {@link Distribution.restore} makes the same distribution again. */
  dump(): { form: Form; table: Uint8Array } {
    const numbers = new Float64Array(this.#table.size * 2);
    let at = 0;
    for (const [key, count] of this.#table) {
      numbers[at++] = key;
      numbers[at++] = count;
    }
    return { form: this.#form, table: new Uint8Array(numbers.buffer) };
  }

  static restore(totals: StatisticSet, form: Form, table: Uint8Array): Distribution {
    const made = new Distribution();
    made.#addTotals(totals);
    made.#form = form;
    // The bytes may start anywhere in a pooled buffer; a Float64Array must be aligned: copy.
    const numbers = new Float64Array(Uint8Array.from(table).buffer);
    for (let at = 0; at + 1 < numbers.length; at += 2) {
      made.#table.set(numbers[at] ?? 0, numbers[at + 1] ?? 0);
    }
    return made;
  }

  #addTotals(set: StatisticSet): void {
    this.sum += set.sum;
    this.count += set.count;
    this.min = Math.min(this.min, set.min);
    this.max = Math.max(this.max, set.max);
  }

  #tally(key: number, count: number): void {
    const held = this.#table.get(key);
    this.#table.set(key, held === undefined ? count : held + count);
    if (held === undefined && this.#form === "exact" && this.#table.size > EXACT_LIMIT) {
      this.#moveToBins();
    }
  }

  #moveToBins(): void {
    if (this.#form !== "exact") return;
    const values = this.#table;
    this.#form = "bins";
    this.#table = new Map();
    for (const [value, count] of values) this.#tally(binOf(value), count);
  }

  #forget(): void {
    this.#form = "none";
    this.#table.clear();
  }
}

/** Zero's bin is -Infinity, whose value is zero again. */
function binOf(value: number): number {
  return Math.ceil(Math.log(value) * BINS_PER_E);
}

function valueOf(bin: number): number {
  return (2 * GAMMA ** bin) / (GAMMA + 1);
}
