import { RolloutError } from "@headgate/core";
import { allPages, type LatticeCall } from "./lattice-call.ts";

/** `target.lattice` of headgate.yaml. Each by id, ARN or name. */
export interface LatticeTarget {
  readonly service: string;
  readonly listener: string;
  /** Absent for the listener's default action. */
  readonly rule?: string | undefined;
}

/** The listener or the rule whose action is shifted, by its ids. */
export interface Place {
  readonly serviceId: string;
  readonly listenerId: string;
  /** Undefined for the default action. */
  readonly ruleId: string | undefined;
  /** Of the rule, or of the listener. */
  readonly arn: string;
  /** For people: "listener http of service orders". */
  readonly label: string;
}

export interface Named {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

/** What a noun's identifiers look like. */
interface Noun {
  readonly noun: string;
  readonly id: RegExp;
  /** The end of its ARN. */
  readonly arn: RegExp;
}

const SERVICE: Noun = {
  noun: "service",
  id: /^svc-[0-9a-z]{17}$/,
  arn: /:service\/svc-[0-9a-z]{17}$/,
};
const LISTENER: Noun = {
  noun: "listener",
  id: /^listener-[0-9a-z]{17}$/,
  arn: /\/listener\/listener-[0-9a-z]{17}$/,
};
const RULE: Noun = { noun: "rule", id: /^rule-[0-9a-z]{17}$/, arn: /\/rule\/rule-[0-9a-z]{17}$/ };
export const TARGET_GROUP: Noun = {
  noun: "target group",
  id: /^tg-[0-9a-z]{17}$/,
  arn: /:targetgroup\/tg-[0-9a-z]{17}$/,
};

/** @throws {RolloutError} TARGET_NOT_FOUND */
export async function locate(call: LatticeCall, target: LatticeTarget): Promise<Place> {
  const serviceId = await idByName(SERVICE, target.service, "", () =>
    allPages((nextToken) =>
      call("ListServices", "the region's services", (lattice, options) =>
        lattice.listServices({ nextToken }, options),
      ),
    ),
  );
  const service = await call(
    "GetService",
    `VPC Lattice service ${target.service}`,
    (lattice, options) => lattice.getService({ serviceIdentifier: serviceId }, options),
  );
  const ofService = ` of service ${service.name ?? serviceId}`;
  const inService = { serviceIdentifier: serviceId };
  const listenerId = await idByName(LISTENER, target.listener, ofService, () =>
    allPages((nextToken) =>
      call("ListListeners", `the listeners${ofService}`, (lattice, options) =>
        lattice.listListeners({ ...inService, nextToken }, options),
      ),
    ),
  );
  const listener = await call(
    "GetListener",
    `listener ${target.listener}${ofService}`,
    (lattice, options) =>
      lattice.getListener({ ...inService, listenerIdentifier: listenerId }, options),
  );
  const listenerLabel = `listener ${listener.name ?? listenerId}${ofService}`;
  const place = { serviceId, listenerId };
  const byDefault = { ...place, ruleId: undefined, arn: listener.arn ?? "", label: listenerLabel };
  if (target.rule === undefined) return byDefault;
  const inListener = { ...inService, listenerIdentifier: listenerId };
  const ruleId = await idByName(RULE, target.rule, ` of ${listenerLabel}`, () =>
    allPages((nextToken) =>
      call("ListRules", `the rules of ${listenerLabel}`, (lattice, options) =>
        lattice.listRules({ ...inListener, nextToken }, options),
      ),
    ),
  );
  const rule = await call(
    "GetRule",
    `rule ${target.rule} of ${listenerLabel}`,
    (lattice, options) => lattice.getRule({ ...inListener, ruleIdentifier: ruleId }, options),
  );
  // The default action is a rule by itself too, which UpdateRule does not take.
  if (rule.isDefault === true) return byDefault;
  const label = `rule ${rule.name ?? ruleId} of ${listenerLabel}`;
  return { ...place, ruleId, arn: rule.arn ?? "", label };
}

/**
 * The id of what a person named by id, ARN or name. Calls take ids and ARNs, but no names.
 * @throws {RolloutError} TARGET_NOT_FOUND
 */
export async function idByName(
  { noun, id, arn }: Noun,
  given: string,
  where: string,
  list: () => Promise<readonly Named[]>,
): Promise<string> {
  if (id.test(given)) return given;
  if (given.startsWith("arn:")) {
    if (arn.test(given)) return given.slice(given.lastIndexOf("/") + 1);
    throw new RolloutError("TARGET_NOT_FOUND", `${given} is not the ARN of a VPC Lattice ${noun}`, {
      hint: `Name the ${noun} by its id, its own ARN or its name.`,
    });
  }
  const all = await list();
  const found = all.find(({ name }) => name === given)?.id;
  if (found !== undefined) return found;
  const names = all.map(({ name = "" }) => name).sort();
  throw new RolloutError("TARGET_NOT_FOUND", `there is no ${noun} "${given}"${where}`, {
    hint:
      names.length === 0
        ? "There is none at all: check the account and the region."
        : `There are ${listed(names)}.`,
  });
}

function listed(names: readonly string[]): string {
  const MOST = 8;
  const some = names.slice(0, MOST).join(", ");
  return names.length > MOST ? `${some} and ${names.length - MOST} more` : some;
}
