#!/usr/bin/env bash
# Creates the shop with the stock AWS CLI, on AWS_ENDPOINT_URL when that is set and on AWS otherwise: the web front with
# the scripts of ../ecs-web, a function behind an alias, an API whose stage calls that alias, alarms, and a topic that is
# told of releases. Needs aws, node and python3, and on AWS docker or podman. Prints both doors at the end.
set -euo pipefail
cd "$(dirname "$0")"
source ./settings.sh
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
ACCOUNT=$(aws sts get-caller-identity --query Account --output text)
trust() { # trust SERVICE
  printf '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"sts:AssumeRole"}]}' "$1"
}
retried() { # retried COMMAND... : AWS takes some seconds until a new role can be used
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    "$@" > /dev/null 2> "$WORK/error" && return 0
    [ "$attempt" = 10 ] || sleep 3
  done
  cat "$WORK/error" >&2
  return 1
}

node migrate.mjs # the first tables, before anybody is served

echo "function $SHOP-api, version 1, behind the alias live"
ROLE_ARN=$(aws iam create-role --role-name "$SHOP-api" --query Role.Arn --output text \
  --assume-role-policy-document "$(trust lambda.amazonaws.com)")
aws iam attach-role-policy --role-name "$SHOP-api" \
  --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
(cd api && python3 -m zipfile -c "$WORK/function.zip" app.py)
retried aws lambda create-function --function-name "$SHOP-api" --runtime python3.13 --role "$ROLE_ARN" \
  --handler app.handler --zip-file "fileb://$WORK/function.zip"
aws lambda wait function-active-v2 --function-name "$SHOP-api"
VERSION=$(aws lambda publish-version --function-name "$SHOP-api" --query Version --output text)
aws lambda create-alias --function-name "$SHOP-api" --name live --function-version "$VERSION" > /dev/null
aws lambda add-permission --function-name "$SHOP-api" --qualifier live --statement-id stage \
  --action lambda:InvokeFunction --principal apigateway.amazonaws.com > /dev/null

# API Gateway writes logs with one role for the whole account: somebody else's is kept.
if [ "$(aws apigateway get-account --query cloudwatchRoleArn --output text)" = None ]; then
  echo "role $SHOP-logs, for API Gateway's logs"
  LOG_ROLE_ARN=$(aws iam create-role --role-name "$SHOP-logs" --query Role.Arn --output text \
    --assume-role-policy-document "$(trust apigateway.amazonaws.com)")
  aws iam attach-role-policy --role-name "$SHOP-logs" \
    --policy-arn arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs
  retried aws apigateway update-account --patch-operations "op=replace,path=/cloudwatchRoleArn,value=$LOG_ROLE_ARN"
fi

echo "API $SHOP: GET /prices on stage prod, with its access log"
write_api "release 1"
# shellcheck disable=SC2086 # Nothing, or two words.
API=$(aws apigateway import-rest-api --body file://api.json $BINARY --query id --output text)
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod > /dev/null
aws logs create-log-group --log-group-name "$SHOP-access"
cat > "$WORK/log.json" << JSON
[
  { "op": "replace", "path": "/accessLogSettings/destinationArn", "value": "arn:aws:logs:$AWS_REGION:$ACCOUNT:log-group:$SHOP-access" },
  { "op": "replace", "path": "/accessLogSettings/format", "value": "{\"requestId\":\"\$context.requestId\",\"deploymentId\":\"\$context.deploymentId\",\"status\":\"\$context.status\",\"responseLatency\":\"\$context.responseLatency\"}" }
]
JSON
aws apigateway update-stage --rest-api-id "$API" --stage-name prod --patch-operations "file://$WORK/log.json" > /dev/null

echo "alarm $SHOP-api-errors, topic $SHOP-releases"
aws cloudwatch put-metric-alarm --alarm-name "$SHOP-api-errors" --alarm-description "More than 10 errors in a minute" \
  --namespace AWS/Lambda --metric-name Errors --dimensions "Name=FunctionName,Value=$SHOP-api" \
  --statistic Sum --period 60 --evaluation-periods 1 \
  --comparison-operator GreaterThanThreshold --threshold 10 --treat-missing-data notBreaching
aws sns create-topic --name "$SHOP-releases" > /dev/null

echo "the web front, $NAME"
../ecs-web/setup.sh
if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
  echo "$AWS_ENDPOINT_URL/_aws/execute-api/$API/prod/prices"
else
  echo "https://$API.execute-api.$AWS_REGION.amazonaws.com/prod/prices"
fi
