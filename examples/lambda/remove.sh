#!/usr/bin/env bash
# Deletes what setup.sh created, and the log group that the function wrote. Goes on when something is gone already.
set -uo pipefail
cd "$(dirname "$0")"
source ./region.sh

NAME=orders-example
export AWS_PAGER=""
for api in $(aws apigateway get-rest-apis --query "items[?name=='$NAME'].id" --output text); do
  aws apigateway delete-rest-api --rest-api-id "$api"
done
aws cloudwatch delete-alarms --alarm-names "$NAME-failures"
aws lambda delete-function --function-name "$NAME" > /dev/null
aws logs delete-log-group --log-group-name "/aws/lambda/$NAME"
aws iam detach-role-policy --role-name "$NAME" \
  --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
aws iam delete-role --role-name "$NAME"
../deploy-role.sh --remove 2> /dev/null || true # It is there only where somebody made it.
