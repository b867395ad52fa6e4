"""Answers GET /prices, through the stage and the alias."""

import json
import random

RELEASE = "1"
# The share of its requests that it fails; break.sh raises it.
ERROR_RATE = 0.0
PRICES_IN_CENTS = {"tea": 250, "coffee": 300, "cocoa": 350}


def handler(event, context):
    if random.random() < ERROR_RATE:
        raise RuntimeError("the price list is empty")
    body = {"prices": PRICES_IN_CENTS, "release": RELEASE, "version": context.function_version}
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
    }
