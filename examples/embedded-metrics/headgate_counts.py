"""Counts a Lambda function's invocations by version, by the second, for Headgate."""

import functools
import json
import os
import time

_is_warm = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency"


def counted(namespace):
    """Decorates a handler. What it raises is an error, and so is an answer with a status of 500 or more."""

    def decorate(handler):
        @functools.wraps(handler)
        def counting(event, context):
            began, failed = time.perf_counter(), True
            try:
                answer = handler(event, context)
                status = answer.get("statusCode") if isinstance(answer, dict) else None
                failed = isinstance(status, int) and status >= 500
                return answer
            finally:
                _write(namespace, context, (time.perf_counter() - began) * 1000, failed)

        return counting

    return decorate


def _write(namespace, context, duration, failed):
    global _is_warm
    units = {"Requests": "Count", "Errors": "Count", "Duration": "Milliseconds"}
    metrics = [{"Name": name, "Unit": unit, "StorageResolution": 1} for name, unit in units.items()]
    sets = [["Version"], ["Version", "Start"]]
    directive = {"Namespace": namespace, "Dimensions": sets, "Metrics": metrics}
    aws = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    values = {"Requests": 1, "Errors": int(failed), "Duration": duration}
    start = "warm" if _is_warm else "cold"
    print(json.dumps({"_aws": aws, "Version": context.function_version, "Start": start, **values}))
    _is_warm = True
