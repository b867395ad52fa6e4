/** The comparisons an alarm can make with a fixed threshold. */
export const COMPARISONS = {
  GreaterThanOrEqualToThreshold: {
    breaches: (value: number, threshold: number) => value >= threshold,
    words: "greater than or equal to",
  },
  GreaterThanThreshold: {
    breaches: (value: number, threshold: number) => value > threshold,
    words: "greater than",
  },
  LessThanThreshold: {
    breaches: (value: number, threshold: number) => value < threshold,
    words: "less than",
  },
  LessThanOrEqualToThreshold: {
    breaches: (value: number, threshold: number) => value <= threshold,
    words: "less than or equal to",
  },
} as const;

export type Comparison = keyof typeof COMPARISONS;

export function isComparison(text: string | undefined): text is Comparison {
  return text !== undefined && Object.hasOwn(COMPARISONS, text);
}
