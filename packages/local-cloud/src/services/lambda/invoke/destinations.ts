import type { TopicMessage } from "../../../data-plane/ports.ts";
import type { RoleCall } from "../../../iam-enforcement/authority.ts";
import type { Cloud } from "../../../service.ts";
import { functionArn, LATEST } from "../function-name.ts";
import { type AsyncEventRow, keyOf, type PlaceState } from "../state.ts";
import type { Condition } from "./retry-plan.ts";
import type { Target } from "./target.ts";

/** How an asynchronous event ended. */
export interface Ending {
  readonly event: AsyncEventRow;
  readonly condition: Condition;
  readonly target: Target;
  /** What the last attempt gave; undefined when the function did not run. */
  readonly last:
    | {
        readonly executedVersion: string;
        readonly functionError: string | undefined;
        readonly payload: Uint8Array;
      }
    | undefined;
}

/** Queues a record for a function; false when there is no such function. */
type ToFunction = (arn: string, payload: Uint8Array) => boolean;

/**
 * Tells the destination and, of a failure, the dead-letter queue.
 *
 * @returns the metrics of what could not be delivered
 */
export async function tellEnding(
  cloud: Cloud,
  state: PlaceState,
  ending: Ending,
  toFunction: ToFunction,
): Promise<("DestinationDeliveryFailures" | "DeadLetterErrors")[]> {
  const { event, condition } = ending;
  const config = state.eventInvokeConfigs.get(keyOf(event.functionName, event.qualifier));
  const destination = condition === "Success" ? config?.onSuccess : config?.onFailure;
  const deadLetterArn = condition === "Success" ? undefined : deadLetterOf(state, ending.target);
  const failures: ("DestinationDeliveryFailures" | "DeadLetterErrors")[] = [];
  if (
    destination !== undefined &&
    !(await deliver(cloud, state, destination, ending, toFunction))
  ) {
    failures.push("DestinationDeliveryFailures");
  }
  if (deadLetterArn !== undefined && !(await deadLetter(cloud, state, deadLetterArn, ending))) {
    failures.push("DeadLetterErrors");
  }
  return failures;
}

async function deliver(
  cloud: Cloud,
  state: PlaceState,
  arn: string,
  ending: Ending,
  toFunction: ToFunction,
): Promise<boolean> {
  const record = invocationRecord(state, ending, cloud.clock.nowMs());
  switch (arn.split(":")[2]) {
    case "lambda": {
      const call = {
        service: "lambda",
        operation: "Invoke",
        input: { FunctionName: arn },
      } as const;
      const refusal = await refusalOfRole(cloud, state, ending, call);
      if (refusal === undefined) return toFunction(arn, Buffer.from(record));
      cloud.warn(`lambda: ${ending.target.invokedArn} has nothing told to ${arn}: ${refusal}`);
      return false;
    }
    case "sns":
      return publish(cloud, state, ending, { topicArn: arn, message: record });
    default:
      cloud.warn(`lambda: cannot deliver to the destination ${arn}: only Lambda and SNS are built`);
      return false;
  }
}

/**
 * The failed event itself goes to the dead-letter queue, what went wrong into its attributes.
 * Source: AWS docs, "Dead-letter queues"; recorded AWS answer (LocalStack test_dead_letter_queue).
 */
async function deadLetter(
  cloud: Cloud,
  state: PlaceState,
  arn: string,
  ending: Ending,
): Promise<boolean> {
  const { event, last } = ending;
  if (arn.split(":")[2] !== "sns") {
    cloud.warn(`lambda: cannot deliver to the dead-letter queue ${arn}: only SNS is built`);
    return false;
  }
  const error = last === undefined ? "Rate Exceeded." : errorMessageOf(last.payload);
  return publish(cloud, state, ending, {
    topicArn: arn,
    message: textOf(event.payload),
    attributes: {
      RequestID: { type: "String", value: event.id },
      ErrorCode: { type: "Number", value: last === undefined ? "429" : "200" },
      ErrorMessage: { type: "String", value: error },
    },
  });
}

/** In the name of the function's role. */
async function publish(
  cloud: Cloud,
  state: PlaceState,
  ending: Ending,
  message: Omit<TopicMessage, "publisher">,
): Promise<boolean> {
  const { invokedArn, version } = ending.target;
  const { topicArn } = message;
  const call = { service: "sns", operation: "Publish", input: { TopicArn: topicArn } } as const;
  let refusal = await refusalOfRole(cloud, state, ending, call);
  if (refusal === undefined) {
    const topics = await cloud.port("topics");
    const publisher = { account: state.place.account, arn: version.roleArn };
    const result = await topics.publish({ ...message, publisher });
    if (result.kind === "published") return true;
    refusal = result.message;
  }
  cloud.warn(`lambda: ${invokedArn} has nothing published to ${topicArn}: ${refusal}`);
  return false;
}

/**
 * Why the function's role may not tell somebody; undefined when it may, and where IAM is not enforced.
 * Source: AWS docs, "Invoking a Lambda function asynchronously", permissions for destinations.
 */
async function refusalOfRole(
  { authority }: Cloud,
  { place: { region } }: PlaceState,
  { target: { version } }: Ending,
  call: RoleCall,
): Promise<string | undefined> {
  const role = { roleArn: version.roleArn, sessionName: version.functionName, region };
  return (await authority?.asRoleCalling(role, call))?.message;
}

/** The dead-letter queue is part of a version's configuration: it is frozen when that is published. */
function deadLetterOf(state: PlaceState, { version }: Target): string | undefined {
  const row = state.versions.get(keyOf(version.functionName, version.version));
  return row?.serving?.configuration.deadLetterArn;
}

/**
 * The record that destinations get. Payloads are JSON already and go in as they are.
 * Source: recorded AWS answers (LocalStack snapshot test_lambda_destinations).
 */
function invocationRecord(state: PlaceState, ending: Ending, atMs: number): string {
  const { event, condition, last } = ending;
  const requestContext = {
    requestId: event.id,
    functionArn: functionArn(state.place, event.functionName, event.qualifier ?? LATEST),
    condition,
    approximateInvokeCount: event.failures + (condition === "Success" ? 1 : 0),
  };
  const parts = [
    `"version":"1.0"`,
    `"timestamp":${JSON.stringify(new Date(atMs).toISOString())}`,
    `"requestContext":${JSON.stringify(requestContext)}`,
    `"requestPayload":${textOf(event.payload)}`,
  ];
  if (last !== undefined) {
    const { executedVersion, functionError, payload } = last;
    const responseContext = { statusCode: 200, executedVersion, functionError };
    parts.push(
      `"responseContext":${JSON.stringify(responseContext)}`,
      `"responsePayload":${textOf(payload)}`,
    );
  }
  return `{${parts.join(",")}}`;
}

/** AWS cuts the message at 1 KB. */
const ERROR_MESSAGE_MAX = 1024;

function errorMessageOf(payload: Uint8Array): string {
  try {
    const document: unknown = JSON.parse(textOf(payload));
    if (typeof document === "object" && document !== null && "errorMessage" in document) {
      return String(document.errorMessage).slice(0, ERROR_MESSAGE_MAX);
    }
  } catch {
    // A custom runtime may answer with anything: the text itself then says what happened.
  }
  return textOf(payload).slice(0, ERROR_MESSAGE_MAX);
}

function textOf(payload: Uint8Array): string {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8");
}
