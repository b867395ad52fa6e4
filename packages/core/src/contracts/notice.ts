import type { WeightBps } from "../weight.ts";
import type { PreflightFinding } from "./traffic-driver.ts";

/**
 * What a notice is about. Every rollout ends with exactly one of finished, aborted or degraded; after
 * degraded it may still come to aborted.
 * - `started`: an attempt begins.
 * - `step`: a weight was read back, a hook or an analysis passed, the canary is proved no worse. Of a ramp's
 *   many weights only those that are at least twice the one told of before.
 * - `held`: the weight should rise and does not: when that begins, and when other guards hold it.
 * - `paused`: it waits for a person.
 * - `resumed`: it goes on after a pause, or somebody ended a wait early.
 * - `promoted`: the canary serves all traffic, read back; the bake begins.
 * - `turningBack`: stable gets all traffic again, and what for.
 * - `aborted`: stable has all traffic again, read back.
 * - `degraded`: it cannot turn back, or must not, for the route holds somebody else's versions.
 * - `trouble`: something does not work that the rollout needs, and people may want to look before more comes of it.
 * - `finished`: promoted, and the bake is over.
 */
export const NOTICE_KINDS = [
  "started",
  "step",
  "held",
  "paused",
  "resumed",
  "promoted",
  "turningBack",
  "aborted",
  "degraded",
  "trouble",
  "finished",
] as const;

export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** One thing that people are told, the same for every receiver. */
export interface Notice {
  /** The same at every attempt to send it, so that receivers can tell repetitions. */
  readonly id: string;
  readonly kind: NoticeKind;
  readonly rollout: string;
  /** The specification's name. */
  readonly name: string;
  /** The target as people know it: "Lambda checkout:live". */
  readonly target: string;
  /** A few words, for a subject line or a list. */
  readonly subject: string;
  /** What happened, as a sentence or two. */
  readonly text: string;
  /** Why it happened: what a guard said, what a person gave. */
  readonly reason: string;
  /** The canary's share of all traffic as last read back. */
  readonly weight: WeightBps;
  /** The split as last read back, for people. */
  readonly route: string;
  /** Where to look, when the specification says so. */
  readonly link?: string;
  readonly atMs: number;
}

export interface Notifier {
  /**
   * Tells one receiver, `notify[receiver]` of the specification; all of them when none is named. Best effort: a
   * failing receiver never stops a rollout; what this throws is tried again, and recorded in the end.
   */
  notify(notice: Notice, receiver?: number): Promise<void>;
  /** Looks at every receiver without telling it anything. */
  preflight(): Promise<readonly PreflightFinding[]>;
}
