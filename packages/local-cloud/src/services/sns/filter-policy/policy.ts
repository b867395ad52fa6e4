/** A filter policy, ready to be matched. All fields must match, and one of each list of alternatives. */
export interface FilterPolicy {
  readonly fields: readonly Field[];
  /** From `$or`. */
  readonly alternatives: readonly (readonly FilterPolicy[])[];
}

export type Field =
  /** A value must meet one of the conditions. */
  | { readonly key: string; readonly conditions: readonly Condition[] }
  /** The value is an object that must match. */
  | { readonly key: string; readonly nested: FilterPolicy };

export type Scalar = string | number | boolean | null;

export type Condition =
  | { readonly kind: "equals"; readonly value: Scalar }
  | { readonly kind: "prefix" | "suffix" | "equals-ignore-case"; readonly value: string }
  | { readonly kind: "anything-but"; readonly values: readonly Scalar[] }
  | { readonly kind: "anything-but-prefix"; readonly value: string }
  | { readonly kind: "exists"; readonly value: boolean }
  | { readonly kind: "numeric"; readonly ranges: readonly Range[] }
  | { readonly kind: "cidr"; readonly block: string };

export interface Range {
  readonly operator: "=" | "<" | "<=" | ">" | ">=";
  readonly value: number;
}
