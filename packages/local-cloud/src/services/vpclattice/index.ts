import { createLatticeDoor } from "../../data-plane/vpc-lattice/lattice-door.ts";
import type { Cloud, Service } from "../../service.ts";
import { CustomDomains } from "./custom-domains.ts";
import { latticeFacts } from "./facts.ts";
import { createHealthChecks } from "./health/health-checks.ts";
import { HealthBook } from "./health/health-book.ts";
import { removeGone } from "./lifecycle.ts";
import { createLiveServices } from "./live-services.ts";
import { accessLogOperations } from "./operations/access-logs.ts";
import { listenerOperations } from "./operations/listeners.ts";
import { policyOperations } from "./operations/policies.ts";
import { ruleOperations } from "./operations/rules.ts";
import { serviceAssociationOperations } from "./operations/service-associations.ts";
import { serviceNetworkOperations } from "./operations/service-networks.ts";
import { serviceOperations } from "./operations/services.ts";
import { tagOperations } from "./operations/tags.ts";
import { targetGroupOperations } from "./operations/target-groups.ts";
import { targetOperations } from "./operations/targets.ts";
import { vpcAssociationOperations } from "./operations/vpc-associations.ts";
import type { LatticeHandlers } from "./sdk.ts";
import { type Lattice, type PlaceState, SERVICE, stateOpener } from "./state.ts";

/** Amazon VPC Lattice: the control plane, health checks, and the door "vpc-lattice" to the services. */
export function createVpcLattice(cloud: Cloud): Service {
  const open = stateOpener(cloud.store);
  const health = new HealthBook();
  const checks = createHealthChecks(cloud, health);
  const domains = new CustomDomains(cloud.hostNames);
  const lattice: Lattice = {
    cloud,
    in(place) {
      const state = open(place);
      removeGone(state, cloud.clock.nowMs());
      return state;
    },
    changed(state) {
      checks.follow(state);
      if (hasTls(state)) cloud.serveTls();
      domains.follow(state);
    },
  };
  const door = createLatticeDoor(cloud, createLiveServices(lattice, health));
  const handlers = {
    ...serviceNetworkOperations(lattice),
    ...serviceOperations(lattice),
    ...listenerOperations(lattice),
    ...ruleOperations(lattice),
    ...targetGroupOperations(lattice),
    ...targetOperations(lattice, health),
    ...serviceAssociationOperations(lattice),
    ...vpcAssociationOperations(lattice),
    ...accessLogOperations(lattice),
    ...policyOperations(lattice),
    ...tagOperations(lattice),
  } satisfies LatticeHandlers;
  return {
    handlers,
    facts: latticeFacts(lattice),
    resume() {
      for (const place of cloud.store.scopes(SERVICE)) lattice.changed(lattice.in(place));
    },
    serve: (request, response, match) =>
      door.serve(request, response, { ...match, id: domains.serviceOf(match.id) ?? match.id }),
    async close() {
      checks.close();
      domains.close();
      await door.close();
    },
  };
}

function hasTls(state: PlaceState): boolean {
  return [...state.services.values()].some(({ id }) =>
    [...state.listeners(id).values()].some(({ protocol }) => protocol === "HTTPS"),
  );
}
