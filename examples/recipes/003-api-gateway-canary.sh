#!/usr/bin/env bash
# A REST API released with a stage canary and the stock AWS CLI, by a script that shifts 10, 25, 50 and 100 % with a
# gate after each; and the same release with Headgate.
#
#   headgate local start &
#   export AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
#   examples/recipes/003-api-gateway-canary.sh
#
# Without AWS_ENDPOINT_URL it runs against AWS. Every step checks what it did and stops the script when it is not so.
# It needs aws, curl and python3, and npx for the last part; HEADGATE names another command than "npx headgate". It
# leaves nothing behind but the account's CloudWatch role for API Gateway, which it sets only when there is none.
#
# The usual edition of this walk-through shifts no traffic at all. Mended here:
#  1. create-deployment takes no deploymentId in its canary settings: the CLI refuses the whole call, and no canary comes
#     to be. The new deployment itself is the canary.
#  2. Replacing percentTraffic where there is no canary makes one of the stage's own deployment: 25, 50 and 100 % of the
#     old code, and every check passes. Here the canary's deployment is looked at before each shift.
#  3. The stage settings hold /*/*/metricsEnabled, which is no path, so AWS refuses all of them. It is metrics/enabled.
#     INFO logs and access logs need the account's CloudWatch role first.
#  4. The gate compares a sum that prints 0.0 with "0", so traffic without errors counts as an error; without data it
#     passes. It also mixes both versions, for API Gateway's metrics are counted by the stage. Here each deployment's
#     requests are counted from the access log, and too few of them are no pass.
#  5. Promotion copies the canary's deployment and then removes the canary; the deployment is not replaced beside it.
#  6. Whatever stops the shifting takes the canary out, which is then seen in the stage and in the answers.
#  7. The roll back is real: to the deployment before, seen in the answers. A plain deployment onto a stage with a canary
#     is refused by AWS, which is shown.
#  8. The alarm watches the stage, counts a silent minute as fine, and is seen to have been created so.
#  9. A new role cannot be assumed at once: create-function is tried again until it can.
# 10. The clean-up deletes the log groups too, and checks that all is gone. DNS plays no part in it, so there is none.
set -euo pipefail

source "$(dirname "$0")/checks.sh"

refused() { # refused WORDS COMMAND... : AWS must say no, with these words
  local words=$1
  shift
  if "$@" > "$WORK/out" 2> "$WORK/error"; then fail "it was not refused: $*"; fi
  grep -q "$words" "$WORK/error" || fail "refused, but otherwise: $(cat "$WORK/error")"
  printf 'ok: refused: %s\n' "$(tail -1 "$WORK/error" | cut -c 1-150)"
}

API=advanced-deployment-api-$SUFFIX
BLUE=blue-api-function-$SUFFIX
GREEN=green-api-function-$SUFFIX
RED=red-api-function-$SUFFIX
ROLE=api-deployment-lambda-role-$SUFFIX
LOG_ROLE=api-deployment-logs-role-$SUFFIX
LOG_GROUP=$API-production
ALARM=$API-5xx-errors
WORK=$(mktemp -d)
API_ID=""
TRAFFIC=""
MADE_LOG_ROLE=""

clean_up() {
  set +e
  [ -n "$TRAFFIC" ] && kill "$TRAFFIC" && wait "$TRAFFIC"
  if [ -n "$API_ID" ]; then
    aws apigateway delete-rest-api --rest-api-id "$API_ID"
    aws logs delete-log-group --log-group-name "API-Gateway-Execution-Logs_$API_ID/production" 2> /dev/null
    aws logs delete-log-group --log-group-name "API-Gateway-Execution-Logs_$API_ID/production/Canary" 2> /dev/null
  fi
  for function in "$BLUE" "$GREEN" "$RED"; do
    aws lambda delete-function --function-name "$function" > /dev/null
    aws logs delete-log-group --log-group-name "/aws/lambda/$function" 2> /dev/null
  done
  aws cloudwatch delete-alarms --alarm-names "$ALARM"
  aws logs delete-log-group --log-group-name "$LOG_GROUP"
  aws logs delete-log-group --log-group-name "$LOG_GROUP/Canary" 2> /dev/null
  aws iam detach-role-policy --role-name "$ROLE" \
    --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
  aws iam delete-role --role-name "$ROLE"
  rm -rf "$WORK"
  set -e
}
# A step that fails must not leave things behind that cost money.
trap 'clean_up 2>/dev/null' EXIT

say "1. Roles: one for the functions, one for API Gateway's logs"
trust() { # trust SERVICE
  printf '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"sts:AssumeRole"}]}' "$1"
}
ROLE_ARN=$(aws iam create-role --role-name "$ROLE" --query Role.Arn --output text \
  --assume-role-policy-document "$(trust lambda.amazonaws.com)")
aws iam attach-role-policy --role-name "$ROLE" \
  --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
# One per account and region: somebody else's is kept.
if [ "$(aws apigateway get-account --query cloudwatchRoleArn --output text)" = None ]; then
  LOG_ROLE_ARN=$(aws iam create-role --role-name "$LOG_ROLE" --query Role.Arn --output text \
    --assume-role-policy-document "$(trust apigateway.amazonaws.com)")
  aws iam attach-role-policy --role-name "$LOG_ROLE" \
    --policy-arn arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs
  MADE_LOG_ROLE=yes
  set_log_role() {
    aws apigateway update-account --patch-operations "op=replace,path=/cloudwatchRoleArn,value=$LOG_ROLE_ARN" > /dev/null 2>&1
  }
  until_true "API Gateway may write logs" 60 set_log_role
fi
printf 'the role was made here: %s\n' "${MADE_LOG_ROLE:-no}"

say "2. A blue and a green function, each invoked before it is used"
create_function() { # create_function NAME VERSION COLOUR STATEMENT
  cat > "$WORK/app.py" <<PY
import json


def handler(event, context):
    $4
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"version": "$2", "environment": "$3", "request": context.aws_request_id}),
    }
PY
  rm -f "$WORK/function.zip"
  (cd "$WORK" && python3 -m zipfile -c function.zip app.py)
  until_true "function $1 is created" 60 try_create "$1"
  aws lambda wait function-active-v2 --function-name "$1"
  aws lambda add-permission --function-name "$1" --statement-id api-gateway --action lambda:InvokeFunction \
    --principal apigateway.amazonaws.com \
    --source-arn "arn:aws:execute-api:$REGION:$ACCOUNT:$API_ID/*/*" > /dev/null
}
try_create() {
  aws lambda create-function --function-name "$1" --runtime python3.13 --role "$ROLE_ARN" \
    --handler app.handler --zip-file "fileb://$WORK/function.zip" > "$WORK/out" 2> "$WORK/error" && return 0
  grep -q "cannot be assumed" "$WORK/error" || fail "$(cat "$WORK/error")"
  return 1
}
case $(aws --version 2>&1) in aws-cli/1.*) ;; *) CLI_BINARY_FORMAT="--cli-binary-format raw-in-base64-out" ;; esac
invoked() { # invoked NAME: the statusCode it returns, or its error
  aws lambda invoke --function-name "$1" --payload '{}' "$WORK/answer" ${CLI_BINARY_FORMAT:-} > "$WORK/invoke"
  python3 -c 'import json,sys; a=json.load(open(sys.argv[1])); print(a.get("statusCode") or a.get("errorType"))' "$WORK/answer"
}
API_ID=$(aws apigateway create-rest-api --name "$API" --query id --output text)
create_function "$BLUE" 1.0.0 blue pass
create_function "$GREEN" 2.0.0 green pass
expect "blue invoked" "$(invoked "$BLUE")" 200
expect "green invoked" "$(invoked "$GREEN")" 200

say "3. The API calls blue"
ROOT=$(aws apigateway get-resources --rest-api-id "$API_ID" --query 'items[?path==`/`].id' --output text)
HELLO=$(aws apigateway create-resource --rest-api-id "$API_ID" --parent-id "$ROOT" --path-part hello \
  --query id --output text)
aws apigateway put-method --rest-api-id "$API_ID" --resource-id "$HELLO" --http-method GET \
  --authorization-type NONE > /dev/null
integrate() { # integrate FUNCTION: what the next deployment calls
  aws apigateway put-integration --rest-api-id "$API_ID" --resource-id "$HELLO" --http-method GET \
    --type AWS_PROXY --integration-http-method POST \
    --uri "arn:aws:apigateway:$REGION:lambda:path/2015-03-31/functions/arn:aws:lambda:$REGION:$ACCOUNT:function:$1/invocations" > /dev/null
}
integrate "$BLUE"

# AWS allows one deployment in five seconds; the CLI tries again by itself, but not for so long.
deploy() { # deploy ARGUMENTS...: prints the new deployment's id
  local attempt
  for attempt in 1 2 3 4 5; do
    aws apigateway create-deployment --rest-api-id "$API_ID" --query id --output text "$@" 2> "$WORK/error" && return 0
    grep -q TooManyRequests "$WORK/error" || break
    sleep 5
  done
  cat "$WORK/error" >&2
  return 1
}
stage() { # stage QUERY
  aws apigateway get-stage --rest-api-id "$API_ID" --stage-name production --query "$1" --output text
}
patch() { # patch JSON
  aws apigateway update-stage --rest-api-id "$API_ID" --stage-name production --patch-operations "$1" > /dev/null
}

say "4. Stage production, its settings, and an access log that names the deployment"
BLUE_DEPLOYMENT=$(deploy --stage-name production --description "blue")
expect "the stage's deployment" "$(stage deploymentId)" "$BLUE_DEPLOYMENT"
refused "Invalid method setting path" aws apigateway update-stage --rest-api-id "$API_ID" --stage-name production \
  --patch-operations 'op=replace,path=/tracingEnabled,value=true' 'op=replace,path=/*/*/metricsEnabled,value=true'
expect "tracing, which stood in the same patch" "$(stage tracingEnabled)" False
aws logs create-log-group --log-group-name "$LOG_GROUP"
cat > "$WORK/settings.json" <<JSON
[
  { "op": "replace", "path": "/*/*/throttling/rateLimit", "value": "1000" },
  { "op": "replace", "path": "/*/*/throttling/burstLimit", "value": "2000" },
  { "op": "replace", "path": "/*/*/metrics/enabled", "value": "true" },
  { "op": "replace", "path": "/*/*/logging/loglevel", "value": "ERROR" },
  { "op": "replace", "path": "/accessLogSettings/destinationArn", "value": "arn:aws:logs:$REGION:$ACCOUNT:log-group:$LOG_GROUP" },
  { "op": "replace", "path": "/accessLogSettings/format", "value": "{\"requestId\":\"\$context.requestId\",\"deploymentId\":\"\$context.deploymentId\",\"status\":\"\$context.status\",\"responseLatency\":\"\$context.responseLatency\"}" }
]
JSON
patch "file://$WORK/settings.json"
expect "the rate limit" "$(stage 'methodSettings."*/*".throttlingRateLimit')" 1000.0
expect "the log level" "$(stage 'methodSettings."*/*".loggingLevel')" ERROR

if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
  ENDPOINT=$AWS_ENDPOINT_URL/_aws/execute-api/$API_ID
else
  ENDPOINT=https://$API_ID.execute-api.$REGION.amazonaws.com
fi
# send COUNT: that many requests over one connection; bodies, a line each, in $WORK/bodies.
send() { curl -s -w '\n' "$ENDPOINT/production/hello?n=[1-$1]" > "$WORK/bodies"; }
count() { grep -c "$1" "$WORK/bodies" || true; }
answers_with() { curl -s "$ENDPOINT/$1/hello" | grep -q "$2"; }
until_true "production answers with blue" 30 answers_with production '"blue"'

say "5. Green on a stage of its own: production does not notice"
integrate "$GREEN"
deploy --stage-name staging --description "green, to be looked at" > /dev/null
until_true "staging answers with green" 30 answers_with staging '"green"'
send 50
expect "answers of blue out of 50 in production" "$(count '"blue"')" 50

say "6. A canary of green with 10 %"
GREEN_DEPLOYMENT=$(deploy --stage-name production --description "canary: green" --canary-settings percentTraffic=10,useStageCache=false)
expect "the stage's own deployment" "$(stage deploymentId)" "$BLUE_DEPLOYMENT"
expect "the canary's deployment" "$(stage canarySettings.deploymentId)" "$GREEN_DEPLOYMENT"
expect "its share" "$(stage canarySettings.percentTraffic)" 10.0
refused "Non canary deployment not supported" aws apigateway create-deployment --rest-api-id "$API_ID" --stage-name production
send 1000
# Binomial, n = 1000, p = 0.1: outside five standard deviations fewer than once in a million runs.
between "answers of green out of 1000" "$(count '"green"')" 53 147
expect "answers that are neither" "$((1000 - $(count '"green"') - $(count '"blue"')))" 0

say "7. Requests of each deployment, from the access log"
logged() { # logged DEPLOYMENT SINCE_MS: requests and 5xx of it since then
  aws logs filter-log-events --log-group-name "$LOG_GROUP" --start-time "$2" \
    --filter-pattern "{ \$.deploymentId = \"$1\" }" --query 'events[].message' --output json |
    python3 -c 'import json,sys; lines=[json.loads(line) for line in json.load(sys.stdin) or []]; print(len(lines), sum(line["status"] >= "500" for line in lines))'
}
requests_of() { logged "$1" "$2" | cut -d ' ' -f 1; }
errors_of() { logged "$1" "$2" | cut -d ' ' -f 2; }
GREEN_ANSWERS=$(count '"green"')
all_logged() { [ "$(requests_of "$GREEN_DEPLOYMENT" 0)" -ge "$GREEN_ANSWERS" ]; }
until_true "every answer of green is in the log" 120 all_logged
expect "requests of green in the log" "$(requests_of "$GREEN_DEPLOYMENT" 0)" "$GREEN_ANSWERS"
expect "5xx of green in the log" "$(errors_of "$GREEN_DEPLOYMENT" 0)" 0

say "8. An alarm on the stage"
aws cloudwatch put-metric-alarm --alarm-name "$ALARM" --alarm-description "API Gateway 5XX errors" \
  --namespace AWS/ApiGateway --metric-name 5XXError --statistic Sum --period 60 --evaluation-periods 1 \
  --dimensions Name=ApiName,Value="$API" Name=Stage,Value=production \
  --threshold 5 --comparison-operator GreaterThanThreshold --treat-missing-data notBreaching
expect "its dimensions" "$(aws cloudwatch describe-alarms --alarm-names "$ALARM" \
  --query 'join(`,`,sort(MetricAlarms[0].Dimensions[].Name))' --output text)" ApiName,Stage

say "9. Shifting by itself: 10, 25, 50, 100 %, each with a gate"
now_ms() { python3 -c 'import time; print(int(time.time() * 1000))'; }
# gate DEPLOYMENT SINCE_MS LEAST: pass (0) with at least LEAST requests and at most 1 % errors; fail (1) with more errors;
# 2 while there are too few requests to say.
gate() {
  local requests errors
  read -r requests errors <<< "$(logged "$1" "$2")"
  printf '   %s requests, %s errors\n' "$requests" "$errors"
  [ "$((errors * 100))" -gt "$requests" ] && return 1
  [ "$requests" -ge "$3" ] || return 2
}
# shift_to DEPLOYMENT PERCENT: sets the share, reads it back, sends traffic, and asks the gate for up to two minutes.
shift_to() {
  local since start=$SECONDS verdict
  [ "$(stage canarySettings.deploymentId)" = "$1" ] || { echo "   the stage's canary is another one"; return 1; }
  patch "[{\"op\":\"replace\",\"path\":\"/canarySettings/percentTraffic\",\"value\":\"$2\"}]"
  expect "the canary's share" "$(stage canarySettings.percentTraffic)" "$2.0"
  since=$(now_ms)
  while [ $((SECONDS - start)) -lt 120 ]; do
    send 200
    verdict=0
    gate "$1" "$since" 20 || verdict=$?
    [ "$verdict" = 2 ] || return "$verdict"
    sleep 1
  done
  echo "   too few requests in two minutes: that is no pass"
  return 1
}
roll_back() {
  patch '[{"op":"remove","path":"/canarySettings"}]'
  expect "canary settings after the roll back" "$(stage canarySettings)" None
}
release() { # release DEPLOYMENT PERCENT...: on through every gate, or back
  local deployment=$1 percent
  shift
  for percent in "$@"; do
    if ! shift_to "$deployment" "$percent"; then
      printf '   %s %% did not pass\n' "$percent"
      roll_back
      return 1
    fi
  done
}
release "$GREEN_DEPLOYMENT" 10 25 50 100 || fail "green did not get through"
send 50
expect "answers of green out of 50 at 100 %" "$(count '"green"')" 50

say "10. Promote: copy the canary's deployment, then remove the canary"
patch '[{"op":"replace","path":"/canarySettings/percentTraffic","value":"0.0"},{"op":"copy","from":"/canarySettings/deploymentId","path":"/deploymentId"}]'
patch '[{"op":"remove","path":"/canarySettings"}]'
expect "the stage's deployment" "$(stage deploymentId)" "$GREEN_DEPLOYMENT"
expect "canary settings" "$(stage canarySettings)" None
send 50
expect "answers of green out of 50" "$(count '"green"')" 50

say "11. Roll back to blue, and forward again: both are deployments of the API"
patch "[{\"op\":\"replace\",\"path\":\"/deploymentId\",\"value\":\"$BLUE_DEPLOYMENT\"}]"
until_true "production answers with blue" 30 answers_with production '"blue"'
patch "[{\"op\":\"replace\",\"path\":\"/deploymentId\",\"value\":\"$GREEN_DEPLOYMENT\"}]"
until_true "production answers with green" 30 answers_with production '"green"'

say "12. A percentage alone tests nothing"
patch '[{"op":"replace","path":"/canarySettings/percentTraffic","value":"25"}]'
expect "the canary that comes of it" "$(stage canarySettings.deploymentId)" "$GREEN_DEPLOYMENT"
roll_back

say "13. A bad release, red: the gate finds it and it is taken out"
create_function "$RED" 3.0.0 red 'raise RuntimeError("bad release")'
expect "red invoked" "$(invoked "$RED")" RuntimeError
integrate "$RED"
RED_DEPLOYMENT=$(deploy --stage-name production --description "canary: red" --canary-settings percentTraffic=10)
if release "$RED_DEPLOYMENT" 10 25 50 100; then fail "red got through"; fi
send 50
expect "answers of green after it" "$(count '"green"')" 50

say "14. The same with Headgate: a bad release, then a good one"
HEADGATE=${HEADGATE:-npx headgate}
mkdir "$WORK/release"
cat > "$WORK/release/headgate.yaml" <<YAML
name: hello
target:
  apiGateway: { api: $API, stage: production }
revision:
  apiAsItIs: true
strategy:
  canary:
    steps:
      - setWeight: 10%
      - pause: 5s
      - setWeight: 25%
      - pause: 5s
      - setWeight: 50%
      - pause: 5s
# The stage's access log tells the deployments apart; the new one gets everything when it is proved no worse.
analysis:
  margin: { rate: 2% }
  minTime: 10s
  maxWait: 10m
alarms: []
deadline: 30m
YAML
# Well below the stage's own limit of 1000 a second: past it users get 429, whatever the version. Ten minutes at most.
for _ in $(seq 2400); do
  curl -s -o /dev/null "$ENDPOINT/production/hello?n=[1-50]" > /dev/null 2>&1
  sleep 0.25
done &
TRAFFIC=$!
headgate_exits_with() { # headgate_exits_with CODE: deploys what the API is now
  local status=0
  $HEADGATE deploy --yes "$WORK/release/headgate.yaml" --data-dir "$WORK/release/.headgate" || status=$?
  expect "the exit code of headgate deploy" "$status" "$1"
}
headgate_exits_with 10
expect "the stage's deployment" "$(stage deploymentId)" "$GREEN_DEPLOYMENT"
expect "canary settings" "$(stage canarySettings)" None
integrate "$BLUE"
headgate_exits_with 0
expect "canary settings" "$(stage canarySettings)" None
kill "$TRAFFIC" && wait "$TRAFFIC" 2> /dev/null || true
TRAFFIC=""
send 50
expect "answers of blue out of 50" "$(count '"blue"')" 50

say "15. Clean up"
trap - EXIT
ERRORS=$WORK.errors
clean_up 2> "$ERRORS"
[ ! -s "$ERRORS" ] || fail "$(cat "$ERRORS")"
rm -f "$ERRORS"
expect "functions left" "$(aws lambda list-functions --query "length(Functions[?ends_with(FunctionName, '$SUFFIX')])")" 0
expect "APIs left" "$(aws apigateway get-rest-apis --query "length(items[?name=='$API'] || \`[]\`)")" 0
expect "alarms left" "$(aws cloudwatch describe-alarms --alarm-names "$ALARM" --query 'length(MetricAlarms)')" 0
expect "log groups left" "$(aws logs describe-log-groups --log-group-name-prefix "$API" --query 'length(logGroups)')" 0
expect "roles left" "$(aws iam list-roles --query "length(Roles[?RoleName=='$ROLE'])")" 0

printf '\nAll steps passed.\n'
