import type { RuleMatch } from "@aws-sdk/client-vpc-lattice";
import { NO_TRAFFIC, RolloutError, type VersionId } from "@headgate/core";
import { createHash } from "node:crypto";
import { isAwsException, isNotFound } from "../../aws/errors.ts";
import { allPages, type LatticeCall } from "./lattice-call.ts";
import type { Place } from "./place.ts";
import { actionFor, idOf, routeOf } from "./route.ts";

/** Requests with this header and value go to the canary before it has any weight. */
export interface Testers {
  readonly header: string;
  readonly value: string;
}

/** Source: AWS docs, API_CreateRule (priority), API_HttpMatch (header matches). */
const LAST_PRIORITY = 2000;
const MOST_HEADERS = 5;

/** The rule for testers, beside the action that is shifted. */
export interface TestersRule {
  /** @throws {RolloutError} TARGET_UNSUITABLE when there is no place for it. */
  plan(): Promise<{ readonly priority: number; readonly match: RuleMatch }>;
  /** Makes it, or lets the one that is there forward to this canary. */
  open(canary: VersionId): Promise<void>;
  /** Removes it; there may be none. */
  close(): Promise<void>;
}

interface Rule {
  readonly id: string;
  readonly name: string;
  readonly priority: number;
}

export function testersRule(call: LatticeCall, place: Place, testers: Testers): TestersRule {
  const inListener = {
    serviceIdentifier: place.serviceId,
    listenerIdentifier: place.listenerId,
  };
  const hash = createHash("sha256").update(place.arn).digest("hex").slice(0, 8);
  const name = `headgate-testers-${hash}`;
  const subject = `rule ${name} of ${place.label}`;

  const rules = async (): Promise<readonly Rule[]> => {
    const listed = await allPages((nextToken) =>
      call("ListRules", `the rules of ${place.label}`, (lattice, options) =>
        lattice.listRules({ ...inListener, nextToken }, options),
      ),
    );
    return listed
      .filter(({ isDefault }) => isDefault !== true)
      .map(({ id = "", name: own = "", priority = 0 }) => ({ id, name: own, priority }));
  };

  const ownMatch = async (): Promise<RuleMatch> => {
    const byHeader = { name: testers.header, match: { exact: testers.value } };
    if (place.ruleId === undefined) return { httpMatch: { headerMatches: [byHeader] } };
    const { ruleId } = place;
    const { match } = await call("GetRule", place.label, (lattice, options) =>
      lattice.getRule({ ...inListener, ruleIdentifier: ruleId }, options),
    );
    const headerMatches = match?.httpMatch?.headerMatches ?? [];
    if (headerMatches.length >= MOST_HEADERS) {
      throw noRoom(`${place.label} matches ${MOST_HEADERS} headers already, as many as a rule can`);
    }
    return { httpMatch: { ...match?.httpMatch, headerMatches: [...headerMatches, byHeader] } };
  };

  const plan = async (all: readonly Rule[]) => ({
    priority: freePriority(
      all.filter((rule) => rule.name !== name),
      place,
    ),
    match: await ownMatch(),
  });

  return {
    plan: async () => plan(await rules()),
    async open(canary) {
      const all = await rules();
      const existing = all.find((rule) => rule.name === name);
      const action = actionFor({ stable: canary, canary: undefined, weight: NO_TRAFFIC });
      if (existing !== undefined) {
        const ruleIdentifier = existing.id;
        const match = await ownMatch();
        await call("UpdateRule", subject, (lattice, options) =>
          lattice.updateRule({ ...inListener, ruleIdentifier, match, action }, options),
        );
        return;
      }
      const planned = await plan(all);
      try {
        await call("CreateRule", subject, (lattice, options) =>
          lattice.createRule({ ...inListener, name, ...planned, action }, options),
        );
      } catch (error) {
        if (!isAwsException(error, "ConflictException")) throw error;
        // Our own attempt whose answer was lost; or the priority was taken meanwhile.
        const made = (await rules()).find((rule) => rule.name === name);
        if (made === undefined) throw error;
        const { action: found } = await call("GetRule", subject, (lattice, options) =>
          lattice.getRule({ ...inListener, ruleIdentifier: made.id }, options),
        );
        if (routeOf({ action: found, lastUpdatedAt: undefined }).stable !== idOf(canary))
          throw error;
      }
    },
    async close() {
      const existing = (await rules()).find((rule) => rule.name === name);
      if (existing === undefined) return;
      try {
        await call("DeleteRule", subject, (lattice, options) =>
          lattice.deleteRule({ ...inListener, ruleIdentifier: existing.id }, options),
        );
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
  };
}

/**
 * Testers must get the canary where others would get stable, and nowhere else: so their rule stands right before
 * the one that is shifted, and behind every other that comes earlier.
 */
function freePriority(rules: readonly Rule[], place: Place): number {
  const own = rules.find(({ id }) => id === place.ruleId)?.priority ?? LAST_PRIORITY + 1;
  const earlier = rules.filter(({ priority }) => priority < own);
  const before = Math.max(0, ...earlier.map(({ priority }) => priority));
  if (before < own - 1) return own - 1;
  throw noRoom(
    place.ruleId === undefined
      ? `the last priority, ${LAST_PRIORITY}, of ${place.label} is taken`
      : `no priority is free right before ${own}, that of ${place.label}`,
  );
}

function noRoom(what: string): RolloutError {
  return new RolloutError("TARGET_UNSUITABLE", `there is no place for the testers' rule: ${what}`, {
    hint: "Give the other rules lower priorities (aws vpc-lattice batch-update-rule), or leave out target.lattice.testers.",
  });
}
