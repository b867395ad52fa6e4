import type { Place } from "../../telemetry/metric-sink.ts";

/** "arn:aws:codedeploy:us-east-1:000000000000:application:orders" */
export function applicationArn(place: Place, name: string): string {
  return `${prefixOf(place)}:application:${name}`;
}

export function groupArn(place: Place, applicationName: string, groupName: string): string {
  return `${prefixOf(place)}:deploymentgroup:${applicationName}/${groupName}`;
}

export function configArn(place: Place, name: string): string {
  return `${prefixOf(place)}:deploymentconfig:${name}`;
}

function prefixOf({ account, region }: Place): string {
  return `arn:aws:codedeploy:${region}:${account}`;
}

/** The name in "arn:...:targetgroup/orders-blue/6d0ecf831eec9f09". */
export function targetGroupName(arn: string): string {
  return arn.split("/")[1] ?? arn;
}
