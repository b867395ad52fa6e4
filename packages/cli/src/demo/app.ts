import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One release of the demo's function. */
export interface DemoRelease {
  /** What the function answers as its version: "1.0.0". */
  readonly version: string;
  /** The share of requests that it fails, 0 to 1. */
  readonly failureRate: number;
}

/** Module and function, as Lambda's Handler setting names them. */
export const DEMO_HANDLER = "shop.handler";
export const DEMO_FILE = "shop.py";
export const DEMO_RUNTIME = "python3.13";
/** What the demo's application is called where it is the only one. */
export const DEMO_NAME = "shop";
export const DEMO_NAMESPACE = "HeadgateDemo";

/** Where an application counts: several that are released together must not count as one. */
export function demoNamespace(name: string): string {
  return name === DEMO_NAME ? DEMO_NAMESPACE : `${DEMO_NAMESPACE}/${name}`;
}

/**
 * The function's source. It counts its own failures in CloudWatch's embedded metric format with a
 * resolution of one second, which is what an alarm of ten seconds needs on AWS too: Lambda's own
 * metrics come once a minute.
 */
export function demoSource({ version, failureRate }: DemoRelease, name = DEMO_NAME): string {
  return `import json
import random
import time

VERSION = "${version}"
FAILURE_RATE = ${failureRate}


def count(failed):
    print(json.dumps({
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [{
                "Namespace": "${demoNamespace(name)}",
                "Dimensions": [[]],
                "Metrics": [{"Name": "FailedOrders", "Unit": "Count", "StorageResolution": 1}],
            }],
        },
        "FailedOrders": failed,
    }))


def handler(event, context):
    if random.random() < FAILURE_RATE:
        count(1)
        raise RuntimeError("the price list is empty")
    count(0)
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"version": VERSION, "order": context.aws_request_id}),
    }
`;
}

/** The release's code in a folder of its own. @returns that folder. */
export function writeDemoCode(folder: string, release: DemoRelease, name = DEMO_NAME): string {
  const code = join(folder, "code");
  mkdirSync(code, { recursive: true });
  writeFileSync(join(code, DEMO_FILE), demoSource(release, name));
  return code;
}
