import type { EcsCalls } from "./calls.ts";
import type { GroupPlace } from "./place.ts";

export interface GroupHealth {
  readonly healthy: number;
  readonly total: number;
  /** Of those that are not healthy, for people: "10.0.1.7:8080 unhealthy (Target.Timeout: Request timed out)". */
  readonly others: readonly string[];
}

export async function readTargetHealth(
  { elb }: EcsCalls,
  { arn, name }: Pick<GroupPlace, "arn" | "name">,
): Promise<GroupHealth> {
  const { TargetHealthDescriptions = [] } = await elb(
    "DescribeTargetHealth",
    `target group ${name}`,
    async (client, options) => client.describeTargetHealth({ TargetGroupArn: arn }, options),
  );
  // What drains is on its way out, and no part of what serves.
  const staying = TargetHealthDescriptions.filter(
    ({ TargetHealth }) => TargetHealth?.State !== "draining",
  );
  const others = staying.flatMap(({ Target, TargetHealth }) => {
    const { State = "unknown", Reason, Description } = TargetHealth ?? {};
    if (State === "healthy") return [];
    const why = [Reason, Description].filter((part) => part !== undefined).join(": ");
    return `${Target?.Id}:${Target?.Port} ${State}${why === "" ? "" : ` (${why})`}`;
  });
  return { healthy: staying.length - others.length, total: staying.length, others };
}

/** "2 of 3 targets healthy; 10.0.1.7:8080 unhealthy (...)" */
export function describeHealth({ healthy, total, others }: GroupHealth): string {
  const counts = `${healthy} of ${total} targets healthy`;
  return others.length === 0 ? counts : `${counts}; ${others.slice(0, 3).join("; ")}`;
}

/** How long targets keep what they have under way when they are taken out. Milliseconds. */
export async function readDeregistrationDelayMs(
  { elb }: EcsCalls,
  { arn, name }: Pick<GroupPlace, "arn" | "name">,
): Promise<number> {
  const { Attributes = [] } = await elb(
    "DescribeTargetGroupAttributes",
    `target group ${name}`,
    async (client, options) =>
      client.describeTargetGroupAttributes({ TargetGroupArn: arn }, options),
  );
  const delay = Attributes.find(({ Key }) => Key === "deregistration_delay.timeout_seconds");
  // Source: AWS docs, edit-target-group-attributes: 300 s when nothing else was said.
  return Number(delay?.Value ?? 300) * 1000;
}
