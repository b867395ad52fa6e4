// A VPC Lattice service that can be called: in a service network, with one listener on port 80.
import type { Clients } from "../packages/cli/src/demo/shop.ts";
import { untilActive } from "../packages/cli/src/demo/targets/lattice.ts";

export interface WeightedGroup {
  readonly id: string;
  /** Relative to the sum of all weights, as VPC Lattice has it: an integer, 0 to 999. */
  readonly weight: number;
}

export interface LatticeService {
  readonly url: string;
  /** Replaces what the listener does. */
  forwardTo(groups: readonly WeightedGroup[]): Promise<void>;
}

/** A target group with this function as its only target. @returns the group's id. */
export async function createFunctionGroup(
  { lattice }: Clients,
  name: string,
  functionArn: string,
): Promise<string> {
  const { id = "" } = await lattice.createTargetGroup({ name, type: "LAMBDA" });
  const targetGroupIdentifier = id;
  await untilActive("the target group", () => lattice.getTargetGroup({ targetGroupIdentifier }));
  await lattice.registerTargets({ targetGroupIdentifier, targets: [{ id: functionArn }] });
  return id;
}

/** Until `forwardTo` is called, its listener answers every request with a 404 of its own. */
export async function openLatticeService(
  { lattice }: Clients,
  endpoint: string,
  name: string,
): Promise<LatticeService> {
  const service = await lattice.createService({ name });
  const inService = { serviceIdentifier: service.id };
  const network = await lattice.createServiceNetwork({ name });
  await untilActive("the service", () => lattice.getService(inService));
  const listener = await lattice.createListener({
    ...inService,
    name: "http",
    protocol: "HTTP",
    defaultAction: { fixedResponse: { statusCode: 404 } },
  });
  const association = await lattice.createServiceNetworkServiceAssociation({
    ...inService,
    serviceNetworkIdentifier: network.id,
  });
  await untilActive("the service's association", () =>
    lattice.getServiceNetworkServiceAssociation({
      serviceNetworkServiceAssociationIdentifier: association.id,
    }),
  );
  return {
    url: `${endpoint}/_aws/vpc-lattice/${service.id}/`,
    async forwardTo(groups) {
      const targetGroups = groups.map(({ id, weight }) => ({ targetGroupIdentifier: id, weight }));
      await lattice.updateListener({
        ...inService,
        listenerIdentifier: listener.id,
        defaultAction: { forward: { targetGroups } },
      });
    },
  };
}
