"""Answers what a parcel costs: GET /quote?weight=1200 (grams)."""

import json

BASE_CENTS = 390
CENTS_PER_KILOGRAM = 145


def handler(event, context):
    query = event.get("queryStringParameters") or {}
    try:
        grams = int(query.get("weight", ""))
    except ValueError:
        return answer(400, {"error": "weight must be a whole number of grams"})
    return answer(200, {"cents": quote(grams), "version": context.function_version})


def quote(grams):
    return BASE_CENTS + grams * CENTS_PER_KILOGRAM // 1000


def answer(status, body):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body),
    }
