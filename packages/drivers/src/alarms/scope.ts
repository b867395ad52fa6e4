import type { Metric } from "@aws-sdk/client-cloudwatch";

/** Whether a metric can be about the rollout at all. `odd` is: about it, and about much more. */
export interface Scope {
  readonly kind: "right" | "odd" | "wrong";
  readonly detail: string;
  readonly hint: string;
  /** One version of what the rollout is about: in an expression beside the whole it is what the others are told apart by. */
  readonly isOneVersion?: true;
}

/** The versions of a rollout; the canary is absent until it is prepared. */
export interface ScopeVersions {
  readonly stable: string;
  readonly canary?: string;
}

/** Judges what an alarm watches, for one kind of target. Metrics that it knows nothing of count as right. */
export type ScopeOf = (metric: Metric, versions: ScopeVersions) => Scope;

export function right(detail: string): Scope {
  return { kind: "right", detail, hint: "" };
}

export function odd(detail: string): Scope {
  return { kind: "odd", detail, hint: "" };
}

export function wrong(detail: string, hint: string): Scope {
  return { kind: "wrong", detail, hint };
}

export function oneVersion(detail: string, hint: string): Scope {
  return { kind: "wrong", detail, hint, isOneVersion: true };
}

export function dimensionValue(metric: Metric, name: string): string | undefined {
  return metric.Dimensions?.find(({ Name }) => Name === name)?.Value;
}
