import type { RuleAction, VPCLattice } from "@aws-sdk/client-vpc-lattice";
import type { CallLimits } from "../../aws/runner.ts";
import type { LatticeCall, SendOptions } from "./lattice-call.ts";
import type { Place } from "./place.ts";
import { type LatticeRoute, type ReadAction, routeOf } from "./route.ts";

/** The action of a place: what it is now, and another one instead. */
export interface ActionApi {
  readonly place: Place;
  read(limits?: CallLimits): Promise<LatticeRoute>;
  /**
   * False when the action is not the one of `token` any more: then nothing was written. VPC Lattice has no
   * conditional write, so it is read again right before every attempt, retries included. What remains is
   * the time between those two requests: a change that someone else makes in it is overwritten.
   */
  replace(action: RuleAction, token: string, limits: CallLimits): Promise<boolean>;
}

export function actionApi(call: LatticeCall, place: Place): ActionApi {
  const inListener = {
    serviceIdentifier: place.serviceId,
    listenerIdentifier: place.listenerId,
  };
  const get = async (lattice: VPCLattice, options: SendOptions): Promise<ReadAction> => {
    if (place.ruleId === undefined) {
      const { defaultAction, lastUpdatedAt } = await lattice.getListener(inListener, options);
      return { action: defaultAction, lastUpdatedAt };
    }
    const { action, lastUpdatedAt } = await lattice.getRule(
      { ...inListener, ruleIdentifier: place.ruleId },
      options,
    );
    return { action, lastUpdatedAt };
  };
  const put = async (lattice: VPCLattice, options: SendOptions, action: RuleAction) => {
    if (place.ruleId === undefined) {
      await lattice.updateListener({ ...inListener, defaultAction: action }, options);
    } else {
      const input = { ...inListener, ruleIdentifier: place.ruleId, action };
      await lattice.updateRule(input, options);
    }
  };
  const noun = place.ruleId === undefined ? "Listener" : "Rule";
  return {
    place,
    read: async (limits) => routeOf(await call(`Get${noun}`, place.label, get, limits)),
    replace: (action, token, limits) =>
      call(
        `Update${noun}`,
        place.label,
        async (lattice, options) => {
          if (routeOf(await get(lattice, options)).token !== token) return false;
          await put(lattice, options, action);
          return true;
        },
        limits,
      ),
  };
}
