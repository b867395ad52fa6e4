"""Answers POST /orders, and counts its own failures by version."""

import json
import time

from prices import UnknownItem, total_in_cents


def handler(event, context):
    try:
        answer = order(event)
    except UnknownItem as error:
        # The customer's mistake, not the version's: it is no failure.
        answer = 400, {"error": f"there is no {error}"}
    except Exception as error:
        print(f"failed: {error!r}")
        answer = 500, {"error": "the order could not be priced"}
    status, body = answer
    count_request(context, is_failure=status >= 500)
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body | {"version": context.function_version}),
    }


def order(event):
    # Headgate asks a new version with the event {}, before it gets traffic.
    items = json.loads(event.get("body") or "{}")
    return 200, {"totalInCents": total_in_cents(items)}


def count_request(context, is_failure):
    """
    Writes one line in CloudWatch's embedded metric format. Failures is 0 or 1 for each request, so that its
    average is the share of requests that failed. StorageResolution 1 keeps it by the second, and an
    alarm may then look at it every 10 seconds.
    """
    metric = {"Name": "Failures", "Unit": "Count", "StorageResolution": 1}
    directive = {
        "Namespace": "OrdersExample",
        # One metric for the whole function, for the alarm; one for each version, for Headgate's check.
        "Dimensions": [["Function"], ["Function", "Version"]],
        "Metrics": [metric],
    }
    line = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
        "Function": context.function_name,
        "Version": context.function_version,
        "Failures": int(is_failure),
    }
    print(json.dumps(line))
