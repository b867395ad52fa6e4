import type { WeightBps } from "../weight.ts";

/** A version as its platform names it: "3" for a Lambda function. */
export type VersionId = string;

/** The split that is live now, read from the platform and never from memory. */
export interface LiveRoute {
  readonly stable: VersionId;
  /** Absent when all traffic goes to stable. */
  readonly canary?: VersionId;
  /** The canary's share; 0 when there is no canary. */
  readonly weight: WeightBps;
  /**
   * The platform's own mark of this state of the route (a Lambda alias's RevisionId). Handed back with
   * the next change, so a change made elsewhere in between is seen and not overwritten.
   */
  readonly token: string;
  /** Of a platform that moves the weights by itself, while it does. */
  readonly course?: PlatformCourse;
}

/** What a platform that moves the weights by itself will do next, or why it no longer does. */
export interface PlatformCourse {
  /** It works on this release: a weight may yet move although none has. */
  readonly isUnderWay?: boolean;
  /** When it makes the next weight live, unless it is stopped before. Milliseconds since the epoch. */
  readonly movesAtMs?: number;
  /** The weight that it makes live then. */
  readonly nextWeight?: WeightBps;
  /** The function of a hook that it has asked, and waits for before any traffic moves. */
  readonly asks?: PlatformHook;
  /** It has given the release up by itself, or somebody has stopped it there. */
  readonly ended?: PlatformEnd;
}

/** A hook that the platform asks in Headgate's place. */
export interface PlatformHook {
  /** As headgate.yaml names it. */
  readonly name: string;
  /** As the platform names the moment: "BeforeAllowTraffic". */
  readonly event: string;
  readonly functionName: string;
}

export interface PlatformEnd {
  readonly by: "alarm" | "hook" | "person" | "platform";
  /** Of the alarm or the hook; for a person, where the order was given. Empty otherwise. */
  readonly name: string;
  /** For people: what ended, and in the platform's own words why. */
  readonly detail: string;
  /** Of a hook of headgate.yaml. */
  readonly hook?: PlatformHook;
}

export interface TargetDescription {
  /** Names the thing that routes, unambiguously: at most one rollout runs per id. */
  readonly id: string;
  /** For people: "lambda checkout:live (us-east-1)". */
  readonly label: string;
  readonly route: LiveRoute;
  /** The smallest difference in weight that the platform keeps, in basis points. */
  readonly resolutionBps: number;
  /** How long a new weight takes to be true everywhere; counts of that time are left out. Milliseconds. */
  readonly propagationMs?: number;
  /**
   * What keeps the tools that know of this route from changing it back, as it has to be written: the line for
   * Terraform, the patch for CloudFormation.
   */
  readonly prevention?: string;
}

/** One thing preflight looked at. A `problem` stops the rollout before anything is changed. */
export interface PreflightFinding {
  /** What was looked at, for people: "stable version 3 answers". */
  readonly check: string;
  readonly outcome: "ok" | "warning" | "problem";
  /** What was found. For a problem: what happened, the value got and the values allowed. */
  readonly detail: string;
  /** The next thing to do; empty when ok. */
  readonly hint: string;
  /** The problem is that the target runs the revision already: a release of several leaves such a target out. */
  readonly isUnchanged?: boolean;
}

/** What `prepare` made ready. Everything needed to shift traffic, or to undo the preparation. */
export interface Prepared {
  readonly stable: VersionId;
  readonly canary: VersionId;
  /** True when this rollout published the version (an abort may then leave it, never delete it). */
  readonly published: boolean;
  /** The route's token after preparation. */
  readonly token: string;
  /** What a person should know although it stops nothing: the canary refused the probe's event. */
  readonly warnings?: readonly PreflightFinding[];
  /** The platform has given the release up while it was prepared: a hook that it asks itself did not pass. */
  readonly ended?: PlatformEnd;
}

/** Which split to make live, and from which state of the route. */
export interface RouteChange {
  readonly stable: VersionId;
  readonly canary: VersionId;
  readonly weight: WeightBps;
  /** @see LiveRoute.token */
  readonly token: string;
}

/**
 * What moves traffic on one platform. Every method talks to the platform; none remembers anything
 * between calls, so a controller that died can go on with another instance. Every method is idempotent:
 * making live what already is live changes nothing. Each has its own deadline and retries throttling
 * and transient failures inside it.
 *
 * All throw {@link RolloutError}: TARGET_NOT_FOUND, AWS_DENIED, AWS_THROTTLED, AWS_UNREACHABLE,
 * AWS_REFUSED, TIMED_OUT; the changing ones also ROUTE_CHANGED_ELSEWHERE, and then changed nothing.
 */
export interface TrafficDriver {
  describe(): Promise<TargetDescription>;
  /** Looks, and changes nothing: what would stop this rollout, or should be known before it. */
  preflight(): Promise<readonly PreflightFinding[]>;
  /**
   * Makes the canary version exist, answer, and have its capacity ready, with no traffic on it.
   * @throws {RolloutError} also REVISION_INVALID, REVISION_UNCHANGED, CANARY_UNUSABLE, STABLE_UNUSABLE.
   */
  prepare(): Promise<Prepared>;
  /**
   * Makes the change live and returns the route as read back after it. Where the platform moves the weights by itself:
   * starts it, or waits until it has come to this weight.
   */
  setWeight(change: RouteChange): Promise<LiveRoute>;
  readRoute(): Promise<LiveRoute>;
  /** All traffic to the canary, which becomes the platform's only version. Returns the route read back. */
  promote(change: Omit<RouteChange, "weight">): Promise<LiveRoute>;
  /**
   * All traffic back to stable, now. Unlike the others it does not give way to a change made elsewhere
   * that only moved the canary's weight: it re-reads and tries again with the new token.
   * @throws {RolloutError} ROUTE_CHANGED_ELSEWHERE when the route now holds versions that are not ours.
   */
  restore(change: Omit<RouteChange, "weight">): Promise<LiveRoute>;
  /** Takes back what preparation added beside the version itself (moved capacity). */
  cleanUp(versions: {
    readonly stable: VersionId;
    readonly canary: VersionId;
    readonly live: VersionId;
  }): Promise<void>;
}
