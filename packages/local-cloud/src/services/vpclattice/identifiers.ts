import type { Place } from "../../telemetry/metric-sink.ts";
import { notFound, type ResourceType } from "./errors.ts";
import type {
  ListenerRow,
  LogSubscriptionRow,
  NetworkRow,
  PlaceState,
  RuleRow,
  ServiceAssociationRow,
  ServiceRow,
  TargetGroupRow,
  VpcAssociationRow,
} from "./state.ts";

/** The id in "svc-0..." or in "arn:aws:vpc-lattice:...:service/svc-0...": calls take both everywhere. */
export function idOf(identifier: string | undefined): string {
  return identifier?.slice(identifier.lastIndexOf("/") + 1) ?? "";
}

/** "arn:aws:vpc-lattice:us-east-1:000000000000:service/svc-0..." */
export function arnOf({ region, account }: Place, path: string): string {
  return `arn:aws:vpc-lattice:${region}:${account}:${path}`;
}

export const networkArn = (place: Place, id: string) => arnOf(place, `servicenetwork/${id}`);
export const serviceArn = (place: Place, id: string) => arnOf(place, `service/${id}`);
export const targetGroupArn = (place: Place, id: string) => arnOf(place, `targetgroup/${id}`);
export const listenerArn = (place: Place, { serviceId, id }: ListenerRow) =>
  arnOf(place, `service/${serviceId}/listener/${id}`);
export const ruleArn = (place: Place, { serviceId, id }: ListenerRow, ruleId: string) =>
  arnOf(place, `service/${serviceId}/listener/${id}/rule/${ruleId}`);
export const serviceAssociationArn = (place: Place, id: string) =>
  arnOf(place, `servicenetworkserviceassociation/${id}`);
export const vpcAssociationArn = (place: Place, id: string) =>
  arnOf(place, `servicenetworkvpcassociation/${id}`);
export const logSubscriptionArn = (place: Place, id: string) =>
  arnOf(place, `accesslogsubscription/${id}`);

export function networkOf(state: PlaceState, identifier: string | undefined): NetworkRow {
  return found(state.networks, "SERVICE_NETWORK", identifier);
}

export function serviceOf(state: PlaceState, identifier: string | undefined): ServiceRow {
  return found(state.services, "SERVICE", identifier);
}

export function targetGroupOf(state: PlaceState, identifier: string | undefined): TargetGroupRow {
  return found(state.targetGroups, "TARGET_GROUP", identifier);
}

export function serviceAssociationOf(
  state: PlaceState,
  identifier: string | undefined,
): ServiceAssociationRow {
  const type = "SERVICE_NETWORK_SERVICE_ASSOCIATION";
  return found(state.serviceAssociations, type, identifier);
}

export function vpcAssociationOf(
  state: PlaceState,
  identifier: string | undefined,
): VpcAssociationRow {
  return found(state.vpcAssociations, "SERVICE_NETWORK_VPC_ASSOCIATION", identifier);
}

export function logSubscriptionOf(
  state: PlaceState,
  identifier: string | undefined,
): LogSubscriptionRow {
  return found(state.logSubscriptions, "ACCESS_LOG_SUBSCRIPTION", identifier);
}

/** Members by which calls name a listener. */
export interface ListenerPath {
  readonly serviceIdentifier: string | undefined;
  readonly listenerIdentifier: string | undefined;
}

export function listenerOf(state: PlaceState, path: ListenerPath): ListenerRow {
  const { id } = serviceOf(state, path.serviceIdentifier);
  return found(state.listeners(id), "LISTENER", path.listenerIdentifier);
}

/** A rule beside the default one. */
export function ruleOf(
  state: PlaceState,
  listener: ListenerRow,
  identifier: string | undefined,
): RuleRow {
  return found(state.rules(listener.id), "RULE", identifier);
}

/** The service network or service that policies and logs belong to. */
export function ownerOf(
  state: PlaceState,
  identifier: string | undefined,
): { readonly id: string; readonly arn: string; readonly authType: "NONE" | "AWS_IAM" } {
  const id = idOf(identifier);
  const isNetwork = id.startsWith("sn-");
  const { authType } = isNetwork ? networkOf(state, id) : serviceOf(state, id);
  const arn = isNetwork ? networkArn(state.place, id) : serviceArn(state.place, id);
  return { id, arn, authType };
}

function found<Row>(
  table: { get(key: string): Row | undefined },
  type: ResourceType,
  identifier: string | undefined,
): Row {
  const id = idOf(identifier);
  const row = table.get(id);
  if (row === undefined) throw notFound({ type, id });
  return row;
}
