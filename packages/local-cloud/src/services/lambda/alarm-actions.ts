import type { Cloud } from "../../service.ts";
import type { Invoker } from "./invoke/invoker.ts";

/**
 * Invokes the functions that alarms name as their actions, as far as the functions' policies let
 * CloudWatch. Source: AWS docs, "Invoke a Lambda function from an alarm".
 *
 * @returns the way to stop listening
 */
export function listenToAlarms(cloud: Cloud, invoker: Invoker): () => void {
  return cloud.bus.subscribe("alarmAction", async (event) => {
    if (event.actionArn.split(":")[2] !== "lambda") return;
    const result = await invoker.invoke({
      account: event.account,
      region: event.region,
      functionName: event.actionArn,
      payload: Buffer.from(JSON.stringify(event.lambdaEvent)),
      invocationType: "Event",
      source: { principal: "lambda.alarms.cloudwatch.amazonaws.com", arn: event.alarmArn },
    });
    if (result.kind === "refused") {
      cloud.warn(`alarm ${event.alarmArn}: ${event.actionArn} was not invoked: ${result.message}`);
    }
  });
}
