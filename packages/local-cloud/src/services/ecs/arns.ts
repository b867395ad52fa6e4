import type { Place } from "../../telemetry/metric-sink.ts";

/** "arn:aws:ecs:us-east-1:000000000000:cluster/default" */
const arnOf = ({ account, region }: Place, resource: string) =>
  `arn:aws:ecs:${region}:${account}:${resource}`;

export const clusterArn = (place: Place, name: string) => arnOf(place, `cluster/${name}`);

export const taskDefinitionArn = (place: Place, family: string, revision: number) =>
  arnOf(place, `task-definition/${family}:${revision}`);

export const taskArn = (place: Place, cluster: string, id: string) =>
  arnOf(place, `task/${cluster}/${id}`);

export const containerArn = (place: Place, cluster: string, task: string, id: string) =>
  arnOf(place, `container/${cluster}/${task}/${id}`);

export const serviceArn = (place: Place, cluster: string, name: string) =>
  arnOf(place, `service/${cluster}/${name}`);

/** @param id "ecs-svc/1234567890123456789" */
export const taskSetArn = (place: Place, cluster: string, service: string, id: string) =>
  arnOf(place, `task-set/${cluster}/${service}/${id}`);

export const serviceDeploymentArn = (place: Place, cluster: string, service: string, id: string) =>
  arnOf(place, `service-deployment/${cluster}/${service}/${id}`);

/** @param id nineteen digits */
export const serviceRevisionArn = (place: Place, cluster: string, service: string, id: string) =>
  arnOf(place, `service-revision/${cluster}/${service}/${id}`);

/** What follows the last slash of an ARN; a bare name is itself. */
export function lastPart(nameOrArn: string): string {
  return nameOrArn.slice(nameOrArn.lastIndexOf("/") + 1);
}

/** Of a role that may be given by its name. */
export function roleArnOf({ account }: Place, role: string): string {
  return role.startsWith("arn:") ? role : `arn:aws:iam::${account}:role/${role}`;
}
