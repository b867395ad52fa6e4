import type { DemoRelease } from "./app.ts";
import type { ClientConfiguration } from "./shop-clients.ts";
import { openStage } from "./targets/api-gateway.ts";
import { openService } from "./targets/ecs.ts";
import { openAlias } from "./targets/lambda.ts";
import { openLattice } from "./targets/lattice.ts";

/** What the demo can release on; each has a file under targets. */
export const DEMO_TARGETS = ["lambda", "apigateway", "lattice", "ecs"] as const;
export type DemoTargetName = (typeof DEMO_TARGETS)[number];

/** The demo's application in front of its users, and how a release of it is made ready. */
export interface DemoTarget {
  /** GET answers with an order. */
  readonly url: string;
  /** "a Python function" */
  readonly app: string;
  /** Follows the application's version: "behind API Gateway". */
  readonly about: string;
  /** The alarm on failed orders. */
  readonly alarm: string;
  /** What a team does before `headgate deploy`. @returns target and revision of the spec, as YAML. */
  prepare(release: DemoRelease): Promise<string>;
}

/** Where a target is opened: on this cloud, with this folder for the spec and what it names. */
export interface DemoSite {
  readonly configuration: ClientConfiguration;
  readonly folder: string;
  /** Of the application and what is around it; without one, the only one's. */
  readonly name?: string;
}

/** What the demo knows of a kind of target. */
interface TargetRow {
  /** Builds what a team has before it meets Headgate. */
  readonly open: (site: DemoSite, first: DemoRelease) => Promise<DemoTarget>;
  readonly needsPython: boolean;
  /** What a user's own would be called. */
  readonly noun: "function" | "service";
}

export const TARGETS: Readonly<Record<DemoTargetName, TargetRow>> = {
  lambda: { open: openAlias, needsPython: true, noun: "function" },
  apigateway: { open: openStage, needsPython: true, noun: "function" },
  lattice: { open: openLattice, needsPython: true, noun: "function" },
  ecs: { open: openService, needsPython: false, noun: "service" },
};
