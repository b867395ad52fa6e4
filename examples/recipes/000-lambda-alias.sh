#!/usr/bin/env bash
# A Lambda function behind API Gateway, released by hand with a weighted alias and the stock AWS CLI.
#
#   headgate local start &
#   export AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
#   examples/recipes/000-lambda-alias.sh
#
# Without AWS_ENDPOINT_URL it runs against AWS. Every step checks what it did and stops the script when
# it is not so. It needs aws, curl and python3, takes about two minutes and leaves nothing behind.
#
# The usual edition of this walk-through does not work as it is printed. Mended here:
#  1. A new role cannot be assumed at once: create-function is tried again until it can.
#  2. Version 2's zip must hold the module that the handler names. A zip with lambda_function_v2.py under a
#     handler lambda_function_v1.lambda_handler publishes happily and then fails every request. Here the file
#     keeps its name, and each version is invoked by number before it gets any traffic.
#  3. The weights are JSON. The shorthand AdditionalVersionWeights={"1"=0.9} is refused by the CLI.
#  4. The stable version stays the alias's own version and the new one gets the additional weight, so that
#     taking it out changes nothing but the weight.
#  5. A proxy integration has already unwrapped the body: there is no .body in the response to unwrap.
#  6. The alarm watches the new version alone (FunctionName, Resource and ExecutedVersion), counts a silent
#     minute as fine, and is seen to go to ALARM by itself. FunctionName alone mixes both versions.
#  7. Metrics are read per version, and as sums over all datapoints, which come in no order.
#  8. HEAD is not GET: the headers are read from a GET.
#  9. put-method-response has no effect on a proxy integration and is left out.
# 10. The clean-up also deletes the function's log group, and checks that all is gone.
set -euo pipefail

source "$(dirname "$0")/checks.sh"

FUNCTION=deploy-patterns-demo-$SUFFIX
API=deployment-api-$SUFFIX
ROLE=lambda-deploy-role-$SUFFIX
ALARM=$FUNCTION-canary-errors
ALIAS_ARN=arn:aws:lambda:$REGION:$ACCOUNT:function:$FUNCTION:production
WORK=$(mktemp -d)
API_ID=""

clean_up() {
  set +e
  [ -n "$API_ID" ] && aws apigateway delete-rest-api --rest-api-id "$API_ID"
  aws lambda delete-function --function-name "$FUNCTION" > /dev/null
  aws cloudwatch delete-alarms --alarm-names "$ALARM"
  aws logs delete-log-group --log-group-name "/aws/lambda/$FUNCTION"
  aws iam detach-role-policy --role-name "$ROLE" \
    --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
  aws iam delete-role --role-name "$ROLE"
  rm -rf "$WORK"
  set -e
}
# A step that fails must not leave things behind that cost money.
trap 'clean_up 2>/dev/null' EXIT

say "1. A role that Lambda may assume"
cat > "$WORK/trust.json" <<'JSON'
{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" }
  ]
}
JSON
ROLE_ARN=$(aws iam create-role --role-name "$ROLE" --query Role.Arn --output text \
  --assume-role-policy-document "file://$WORK/trust.json")
aws iam attach-role-policy --role-name "$ROLE" \
  --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
expect "the role" "$ROLE_ARN" "arn:aws:iam::$ACCOUNT:role/$ROLE"

say "2. Version 1 of the function"
# make_zip VERSION COLOUR STATEMENT: the handler runs STATEMENT before it answers.
make_zip() {
  cat > "$WORK/app.py" <<PY
import json


def handler(event, context):
    $3
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"version": "$1", "environment": "$2", "request": context.aws_request_id}),
    }
PY
  rm -f "$WORK/function.zip"
  (cd "$WORK" && python3 -m zipfile -c function.zip app.py)
}
make_zip 1.0.0 blue pass
create_function() {
  aws lambda create-function --function-name "$FUNCTION" --runtime python3.13 --role "$ROLE_ARN" \
    --handler app.handler --zip-file "fileb://$WORK/function.zip" \
    --description "Demo function for deployment patterns" > "$WORK/out" 2> "$WORK/error" && return 0
  grep -q "cannot be assumed" "$WORK/error" || fail "$(cat "$WORK/error")"
  return 1
}
until_true "the function is created" 60 create_function
aws lambda wait function-active-v2 --function-name "$FUNCTION"
expect "the function's state" "$(aws lambda get-function-configuration --function-name "$FUNCTION" \
  --query State --output text)" Active

# invoke_version NUMBER: the statusCode that the version returns, or its error.
invoke_version() {
  aws lambda invoke --function-name "$FUNCTION" --qualifier "$1" --payload '{}' "$WORK/answer" \
    ${CLI_BINARY_FORMAT:-} > "$WORK/invoke"
  python3 -c 'import json,sys; a=json.load(open(sys.argv[1])); print(a.get("statusCode") or a.get("errorType"))' "$WORK/answer"
}
case $(aws --version 2>&1) in aws-cli/1.*) ;; *) CLI_BINARY_FORMAT="--cli-binary-format raw-in-base64-out" ;; esac

say "3. Publish version 1, and an alias for production"
V1=$(aws lambda publish-version --function-name "$FUNCTION" --description "Initial production version" \
  --query Version --output text)
expect "the first version" "$V1" 1
expect "version 1 invoked by number" "$(invoke_version "$V1")" 200
aws lambda create-alias --function-name "$FUNCTION" --name production --function-version "$V1" > /dev/null

say "4. An API in front of the alias"
API_ID=$(aws apigateway create-rest-api --name "$API" --query id --output text)
ROOT=$(aws apigateway get-resources --rest-api-id "$API_ID" --query 'items[?path==`/`].id' --output text)
RESOURCE=$(aws apigateway create-resource --rest-api-id "$API_ID" --parent-id "$ROOT" --path-part demo \
  --query id --output text)
aws apigateway put-method --rest-api-id "$API_ID" --resource-id "$RESOURCE" --http-method GET \
  --authorization-type NONE > /dev/null
aws apigateway put-integration --rest-api-id "$API_ID" --resource-id "$RESOURCE" --http-method GET \
  --type AWS_PROXY --integration-http-method POST \
  --uri "arn:aws:apigateway:$REGION:lambda:path/2015-03-31/functions/$ALIAS_ARN/invocations" > /dev/null
aws lambda add-permission --function-name "$FUNCTION" --qualifier production \
  --statement-id api-gateway-invoke --action lambda:InvokeFunction --principal apigateway.amazonaws.com \
  --source-arn "arn:aws:execute-api:$REGION:$ACCOUNT:$API_ID/*/*" > /dev/null
aws apigateway create-deployment --rest-api-id "$API_ID" --stage-name prod > /dev/null
if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
  URL=$AWS_ENDPOINT_URL/_aws/execute-api/$API_ID/prod/demo
else
  URL=https://$API_ID.execute-api.$REGION.amazonaws.com/prod/demo
fi

# send COUNT: that many requests over one connection; bodies, a line each, in $WORK/bodies.
send() { curl -s -w '\n' "$URL?n=[1-$1]" > "$WORK/bodies"; }
count() { grep -c "$1" "$WORK/bodies" || true; }
answers_with() { send 1 && grep -q "$1" "$WORK/bodies"; }

say "5. The API answers with version 1"
until_true "the API answers" 30 answers_with '"version": "1.0.0"'
expect "the content type of a GET" "$(curl -s -o /dev/null -w '%{content_type}' "$URL")" application/json

# publish COLOUR...: code, wait, publish. Prints the new version's number.
release() { # release VERSION COLOUR STATEMENT
  make_zip "$1" "$2" "$3"
  aws lambda update-function-code --function-name "$FUNCTION" \
    --zip-file "fileb://$WORK/function.zip" > /dev/null
  aws lambda wait function-updated-v2 --function-name "$FUNCTION"
  aws lambda publish-version --function-name "$FUNCTION" --description "$1" --query Version --output text
}
route() { # route STABLE WEIGHTS-JSON
  aws lambda update-alias --function-name "$FUNCTION" --name production --function-version "$1" \
    --routing-config "{\"AdditionalVersionWeights\":$2}" > /dev/null
}

say "6. Version 2, invoked by number before it gets traffic"
V2=$(release 2.0.0 green pass)
expect "the second version" "$V2" 2
expect "version 2 invoked by number" "$(invoke_version "$V2")" 200
send 20
expect "responses of version 1 out of 20" "$(count '"version": "1.0.0"')" 20

say "7. Canary: 90 % stays on version 1, 10 % goes to version 2"
route "$V1" "{\"$V2\":0.1}"
expect "the weight of version 2" "$(aws lambda get-alias --function-name "$FUNCTION" --name production \
  --query "RoutingConfig.AdditionalVersionWeights.\"$V2\"" --output text)" 0.1
send 1000
# Binomial, n = 1000, p = 0.1: outside five standard deviations fewer than once in a million runs.
between "responses of version 2 out of 1000" "$(count '"version": "2.0.0"')" 53 147
expect "responses that are neither" "$((1000 - $(count '"version": "[12].0.0"')))" 0

say "8. Metrics of each version"
# sum METRIC VERSION: over the last 15 minutes, all datapoints.
sum() {
  aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name "$1" --statistics Sum --period 60 \
    --dimensions Name=FunctionName,Value="$FUNCTION" Name=Resource,Value="$FUNCTION:production" \
    Name=ExecutedVersion,Value="$2" \
    --start-time "$(date -u -d '15 minutes ago' +%Y-%m-%dT%H:%M:%SZ)" \
    --end-time "$(date -u -d '1 minute' +%Y-%m-%dT%H:%M:%SZ)" \
    --query 'sum(Datapoints[].Sum)' --output text
}
whole() { printf '%.0f' "$1"; }
has_metrics() { [ "$(whole "$(sum Invocations "$V2")")" -ge 53 ]; }
until_true "the new version's invocations are counted" 180 has_metrics
between "invocations of version 2 through the alias" "$(whole "$(sum Invocations "$V2")")" 53 147
expect "errors of version 2" "$(whole "$(sum Errors "$V2")")" 0

say "9. Promote: all traffic to version 2"
route "$V2" "{}"
send 50
expect "responses of version 2 out of 50" "$(count '"version": "2.0.0"')" 50

say "10. Roll back to version 1, then forward again"
route "$V1" "{}"
send 50
expect "responses of version 1 out of 50" "$(count '"version": "1.0.0"')" 50
route "$V2" "{}"

say "11. A bad version 3: the alarm sees it by itself, and it is taken out"
V3=$(release 3.0.0 red 'raise RuntimeError("bad release")')
expect "version 3 invoked by number" "$(invoke_version "$V3")" RuntimeError
aws cloudwatch put-metric-alarm --alarm-name "$ALARM" \
  --alarm-description "Errors of the version under test" \
  --namespace AWS/Lambda --metric-name Errors --statistic Sum --period 60 \
  --dimensions Name=FunctionName,Value="$FUNCTION" Name=Resource,Value="$FUNCTION:production" \
  Name=ExecutedVersion,Value="$V3" \
  --threshold 0 --comparison-operator GreaterThanThreshold --evaluation-periods 1 \
  --treat-missing-data notBreaching
alarm_state() { aws cloudwatch describe-alarms --alarm-names "$ALARM" --query 'MetricAlarms[0].StateValue' --output text; }
alarm_is() { [ "$(alarm_state)" = "$1" ]; }
route "$V2" "{\"$V3\":0.1}"
send 300
between "failed responses out of 300" "$(count 'Internal server error')" 5 60
until_true "the alarm goes to ALARM" 240 alarm_is ALARM
route "$V2" "{}"
send 50
expect "responses of version 2 after the rollback" "$(count '"version": "2.0.0"')" 50

say "12. What there is now"
expect "the versions" "$(aws lambda list-versions-by-function --function-name "$FUNCTION" \
  --query 'Versions[?Version!=`$LATEST`].Version' --output text | tr '\t' ' ')" "1 2 3"
expect "the alias" "$(aws lambda get-alias --function-name "$FUNCTION" --name production \
  --query FunctionVersion --output text)" "$V2"

say "13. Clean up"
trap - EXIT
clean_up 2> "$WORK.errors"
[ ! -s "$WORK.errors" ] || fail "$(cat "$WORK.errors")"
rm -f "$WORK.errors"
expect "functions left" "$(aws lambda list-functions --query "length(Functions[?FunctionName=='$FUNCTION'])")" 0
expect "APIs left" "$(aws apigateway get-rest-apis --query "length(items[?name=='$API'] || \`[]\`)")" 0
expect "alarms left" "$(aws cloudwatch describe-alarms --alarm-names "$ALARM" --query 'length(MetricAlarms)')" 0
expect "log groups left" "$(aws logs describe-log-groups --log-group-name-prefix "/aws/lambda/$FUNCTION" \
  --query 'length(logGroups)')" 0
expect "roles left" "$(aws iam list-roles --query "length(Roles[?RoleName=='$ROLE'])")" 0

printf '\nAll steps passed.\n'
