import type { DemoRelease } from "./app.ts";
import type { ClientConfiguration } from "./shop-clients.ts";
import { openStage } from "./targets/api-gateway.ts";
import { openAlias } from "./targets/lambda.ts";
import { openLattice } from "./targets/lattice.ts";

/** What the demo can release on; each has a file under targets. */
export const DEMO_TARGETS = ["lambda", "apigateway", "lattice"] as const;
export type DemoTargetName = (typeof DEMO_TARGETS)[number];

/** The demo's application in front of its users, and how a release of it is made ready. */
export interface DemoTarget {
  /** GET answers with an order. */
  readonly url: string;
  /** Follows the function's version: "behind API Gateway". */
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
}

type OpenTarget = (site: DemoSite, first: DemoRelease) => Promise<DemoTarget>;

const OPEN: Readonly<Record<DemoTargetName, OpenTarget>> = {
  lambda: openAlias,
  apigateway: openStage,
  lattice: openLattice,
};

/** Builds what a team has before it meets Headgate. */
export function openTarget(
  name: DemoTargetName,
  site: DemoSite,
  first: DemoRelease,
): Promise<DemoTarget> {
  return OPEN[name](site, first);
}
