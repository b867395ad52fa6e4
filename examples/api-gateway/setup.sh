#!/usr/bin/env bash
# Creates the example's roles, function, API, stage with its access log, and alarm with the stock AWS CLI, on
# AWS_ENDPOINT_URL when that is set and on AWS otherwise. Needs aws and python3. Prints the API's address at the end.
set -euo pipefail
cd "$(dirname "$0")"

NAME=quotes-example
export AWS_PAGER=""
source ./region.sh
source ./publish.sh
ACCOUNT=$(aws sts get-caller-identity --query Account --output text)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
trust() { # trust SERVICE
  printf '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"sts:AssumeRole"}]}' "$1"
}

echo "role $NAME"
ROLE_ARN=$(aws iam create-role --role-name "$NAME" --query Role.Arn --output text \
  --assume-role-policy-document "$(trust lambda.amazonaws.com)")
aws iam attach-role-policy --role-name "$NAME" \
  --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole

# API Gateway writes logs with one role for the whole account: somebody else's is kept.
if [ "$(aws apigateway get-account --query cloudwatchRoleArn --output text)" = None ]; then
  echo "role $NAME-logs, for API Gateway's logs"
  LOG_ROLE_ARN=$(aws iam create-role --role-name "$NAME-logs" --query Role.Arn --output text \
    --assume-role-policy-document "$(trust apigateway.amazonaws.com)")
  aws iam attach-role-policy --role-name "$NAME-logs" \
    --policy-arn arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    aws apigateway update-account > /dev/null 2> "$WORK/error" \
      --patch-operations "op=replace,path=/cloudwatchRoleArn,value=$LOG_ROLE_ARN" && break
    [ "$attempt" = 10 ] && { cat "$WORK/error" >&2; exit 1; }
    sleep 3
  done
fi

echo "function $NAME"
(cd src && python3 -m zipfile -c "$WORK/function.zip" ./*.py)
create_function() {
  aws lambda create-function --function-name "$NAME" --runtime python3.13 --role "$ROLE_ARN" \
    --handler app.handler --zip-file "fileb://$WORK/function.zip" > /dev/null 2> "$WORK/error"
}
# AWS takes some seconds until a new role can be used.
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  create_function && break
  if [ "$attempt" = 10 ] || ! grep -q "cannot be assumed" "$WORK/error"; then
    cat "$WORK/error" >&2
    exit 1
  fi
  sleep 3
done
aws lambda wait function-active-v2 --function-name "$NAME"
publish

echo "API $NAME: GET /quote, on stage prod"
case $(aws --version 2>&1) in aws-cli/1.*) ;; *) BINARY="--cli-binary-format raw-in-base64-out" ;; esac
API=$(aws apigateway import-rest-api --body file://api.json ${BINARY:-} --query id --output text)
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod > /dev/null

# The deployment is in every line: that is how Headgate tells the versions apart.
echo "access log $NAME-access"
aws logs create-log-group --log-group-name "$NAME-access"
cat > "$WORK/log.json" <<JSON
[
  { "op": "replace", "path": "/accessLogSettings/destinationArn", "value": "arn:aws:logs:$AWS_REGION:$ACCOUNT:log-group:$NAME-access" },
  { "op": "replace", "path": "/accessLogSettings/format", "value": "{\"requestId\":\"\$context.requestId\",\"deploymentId\":\"\$context.deploymentId\",\"status\":\"\$context.status\",\"responseLatency\":\"\$context.responseLatency\"}" }
]
JSON
aws apigateway update-stage --rest-api-id "$API" --stage-name prod --patch-operations "file://$WORK/log.json" > /dev/null

echo "alarm $NAME-5xx"
aws cloudwatch put-metric-alarm --alarm-name "$NAME-5xx" --alarm-description "More than 5% of the requests fail" \
  --namespace AWS/ApiGateway --metric-name 5XXError --dimensions "Name=ApiName,Value=$NAME" Name=Stage,Value=prod \
  --statistic Average --period 60 --evaluation-periods 1 \
  --comparison-operator GreaterThanThreshold --threshold 0.05 --treat-missing-data notBreaching

if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
  echo "$AWS_ENDPOINT_URL/_aws/execute-api/$API/prod/quote?weight=1200"
else
  echo "https://$API.execute-api.$AWS_REGION.amazonaws.com/prod/quote?weight=1200"
fi
