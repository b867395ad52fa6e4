#!/usr/bin/env bash
# Deletes what setup.sh created, and the log groups. The account's role for API Gateway's logs stays if it is in use.
# Goes on when something is gone already.
set -uo pipefail
cd "$(dirname "$0")"
source ./region.sh

NAME=quotes-example
export AWS_PAGER=""
for api in $(aws apigateway get-rest-apis --query "items[?name=='$NAME'].id" --output text); do
  aws apigateway delete-rest-api --rest-api-id "$api"
done
aws cloudwatch delete-alarms --alarm-names "$NAME-5xx"
aws lambda delete-function --function-name "$NAME" > /dev/null
for group in "/aws/lambda/$NAME" "$NAME-access" "$NAME-access/Canary"; do
  aws logs delete-log-group --log-group-name "$group" 2> /dev/null
done
aws iam detach-role-policy --role-name "$NAME" \
  --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
aws iam delete-role --role-name "$NAME"
rm -f api.json
../deploy-role.sh --remove 2> /dev/null || true # It is there only where somebody made it.
