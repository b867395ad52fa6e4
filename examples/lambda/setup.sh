#!/usr/bin/env bash
# Creates the example's role, function, alias, API and alarm with the stock AWS CLI, on AWS_ENDPOINT_URL when
# that is set and on AWS otherwise. Needs aws and python3. Prints the API's address at the end.
set -euo pipefail
cd "$(dirname "$0")"

NAME=orders-example
export AWS_PAGER=""
source ./region.sh
ACCOUNT=$(aws sts get-caller-identity --query Account --output text)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

echo "role $NAME"
TRUST='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
ROLE_ARN=$(aws iam create-role --role-name "$NAME" --assume-role-policy-document "$TRUST" \
  --query Role.Arn --output text)
aws iam attach-role-policy --role-name "$NAME" \
  --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole

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

echo "version 1, and the alias live that points to it"
VERSION=$(aws lambda publish-version --function-name "$NAME" --query Version --output text)
aws lambda create-alias --function-name "$NAME" --name live --function-version "$VERSION" > /dev/null

echo "API $NAME: POST /orders"
API=$(aws apigateway create-rest-api --name "$NAME" --query id --output text)
ROOT=$(aws apigateway get-resources --rest-api-id "$API" --query 'items[0].id' --output text)
ORDERS=$(aws apigateway create-resource --rest-api-id "$API" --parent-id "$ROOT" --path-part orders \
  --query id --output text)
aws apigateway put-method --rest-api-id "$API" --resource-id "$ORDERS" --http-method POST \
  --authorization-type NONE > /dev/null
ALIAS_ARN=arn:aws:lambda:$AWS_REGION:$ACCOUNT:function:$NAME:live
aws apigateway put-integration --rest-api-id "$API" --resource-id "$ORDERS" --http-method POST \
  --type AWS_PROXY --integration-http-method POST \
  --uri "arn:aws:apigateway:$AWS_REGION:lambda:path/2015-03-31/functions/$ALIAS_ARN/invocations" > /dev/null
aws lambda add-permission --function-name "$NAME" --qualifier live --statement-id api \
  --action lambda:InvokeFunction --principal apigateway.amazonaws.com \
  --source-arn "arn:aws:execute-api:$AWS_REGION:$ACCOUNT:$API/*/*" > /dev/null
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod > /dev/null

# The metric comes from the application itself, by the second, so a period of 10 seconds is allowed.
echo "alarm $NAME-failures"
aws cloudwatch put-metric-alarm --alarm-name "$NAME-failures" \
  --alarm-description "More than 5% of the requests fail" \
  --namespace OrdersExample --metric-name Failures --dimensions "Name=Function,Value=$NAME" \
  --statistic Average --period 10 --evaluation-periods 1 \
  --comparison-operator GreaterThanThreshold --threshold 0.05 --treat-missing-data notBreaching

if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
  echo "$AWS_ENDPOINT_URL/_aws/execute-api/$API/prod/orders"
else
  echo "https://$API.execute-api.$AWS_REGION.amazonaws.com/prod/orders"
fi
