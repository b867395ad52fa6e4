#!/usr/bin/env bash
# Deletes what setup.sh and releases created. The account's role for API Gateway's logs stays if it is in use. Goes on
# when something is gone already.
set -uo pipefail
cd "$(dirname "$0")"
source ./settings.sh

../ecs-web/remove.sh
for api in $(aws apigateway get-rest-apis --query "items[?name=='$SHOP'].id" --output text); do
  aws apigateway delete-rest-api --rest-api-id "$api"
done
aws cloudwatch delete-alarms --alarm-names "$SHOP-api-errors"
aws lambda delete-function --function-name "$SHOP-api" > /dev/null
for group in "/aws/lambda/$SHOP-api" "$SHOP-access" "$SHOP-access/Canary"; do
  aws logs delete-log-group --log-group-name "$group" 2> /dev/null
done
aws iam detach-role-policy --role-name "$SHOP-api" \
  --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
aws iam delete-role --role-name "$SHOP-api"
for topic in $(aws sns list-topics --query "Topics[?ends_with(TopicArn, ':$SHOP-releases')].TopicArn" --output text); do
  aws sns delete-topic --topic-arn "$topic"
done
rm -rf api.json release.yaml database.json migrations/002-note.sql .headgate
# What releases wrote into the function's source.
sed -i.before 's|^RELEASE = .*|RELEASE = "1"|' api/app.py && rm api/app.py.before
../deploy-role.sh --remove 2> /dev/null || true # It is there only where somebody made it.
