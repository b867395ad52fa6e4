"""GET /stock?item=coffee, behind VPC Lattice: events of structure V2."""

import json

from stock import stock_of


def handler(event, context):
    items = (event.get("queryStringParameters") or {}).get("item") or ["coffee"]
    try:
        return answer(200, {**stock_of(items[0]), "version": context.function_version})
    except KeyError:
        return answer(404, {"error": f"there is no {items[0]}"})


def answer(status, body):
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
