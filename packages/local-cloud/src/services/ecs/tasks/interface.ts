import type { Cloud } from "../../../service.ts";
import type { PlaceState, TaskRow } from "../state.ts";
import { noAddress } from "./failure.ts";

/**
 * Puts the task's own interface into one of its subnets.
 *
 * @throws {TaskFailure}
 */
export async function attachInterface(
  cloud: Cloud,
  { place }: PlaceState,
  { workload }: TaskRow,
): Promise<TaskRow["network"]> {
  const { subnets = [], securityGroups = [] } = workload.network ?? {};
  const subnetId = subnets[cloud.random.int(subnets.length)];
  if (subnetId === undefined) return undefined;
  const network = await cloud.port("network");
  const vpcId = network.subnet(place, subnetId)?.vpcId;
  const own = vpcId === undefined ? undefined : network.defaultSecurityGroup(place, vpcId);
  const attachmentId = cloud.random.uuid();
  const made = network.attach(place, {
    subnetId,
    securityGroupIds: securityGroups.length > 0 ? securityGroups : own === undefined ? [] : [own],
    description: `arn:aws:ecs:${place.region}:${place.account}:attachment/${attachmentId}`,
    requesterId: "amazon-ecs",
  });
  if (made === undefined) throw noAddress(subnetId);
  const { id: interfaceId, address, macAddress, zone } = made;
  return { interfaceId, attachmentId, subnetId, address, macAddress, zone };
}

export async function detachInterface(
  cloud: Cloud,
  { place }: PlaceState,
  { network }: TaskRow,
): Promise<void> {
  if (network !== undefined) (await cloud.port("network")).detach(place, network.interfaceId);
}
