// Counts a Lambda function's invocations by version, by the second, for Headgate.
import { env, stdout } from "node:process";

let start = env.AWS_LAMBDA_INITIALIZATION_TYPE === "provisioned-concurrency" ? "warm" : "cold";

/** Wraps a handler. What it throws is an error, and so is an answer with a status of 500 or more. */
export function counted(namespace, handler) {
  return async (event, context) => {
    const beganMs = performance.now();
    let failed = true;
    try {
      const answer = await handler(event, context);
      failed = Number(answer?.statusCode) >= 500;
      return answer;
    } finally {
      const values = { Requests: 1, Errors: failed ? 1 : 0, Duration: performance.now() - beganMs };
      write(namespace, { Version: context.functionVersion, Start: start }, values);
      start = "warm";
    }
  };
}

const UNITS = { Requests: "Count", Errors: "Count", Duration: "Milliseconds" };

function write(namespace, dimensions, values) {
  const directive = {
    Namespace: namespace,
    Dimensions: [["Version"], ["Version", "Start"]],
    Metrics: Object.entries(UNITS).map(([Name, Unit]) => ({ Name, Unit, StorageResolution: 1 })),
  };
  const _aws = { Timestamp: Date.now(), CloudWatchMetrics: [directive] };
  // Not console.log: it puts a time and a request id before the line.
  stdout.write(`${JSON.stringify({ _aws, ...dimensions, ...values })}\n`);
}
