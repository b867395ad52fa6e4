#!/usr/bin/env bash
# Two versions of a Lambda function behind a VPC Lattice service, shifted by hand with the stock AWS CLI; a bad third
# version is taken out by an alarm, a topic and a function, with nobody at the keyboard.
#
#   headgate local start &
#   export AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
#   examples/recipes/004-vpc-lattice-canary.sh
#
# Without AWS_ENDPOINT_URL it runs against AWS. A service is reachable from a VPC only, so run it there on a machine of
# that VPC and set VPC_ID. Every step checks what it did and stops the script when it is not so. It needs aws, curl and
# python3, takes about three minutes and leaves nothing behind.
#
# The usual edition of this walk-through does not work as it is printed. Mended here:
#  1. There is no managed policy VPCLatticeServiceAccess. What lets VPC Lattice invoke a function is the function's own
#     policy, and what lets the rollback function move traffic is an inline policy with that one action.
#  2. A new role cannot be assumed at once, and a function that is Pending cannot be published: both are waited for.
#  3. Version 2's zip holds the module that the handler names; each version is invoked by number before it gets traffic.
#  4. A target is named by the function's ARN with its version. `function:2` is refused, or listed as unsuccessful while
#     the command succeeds, so that list is read.
#  5. Target groups, services and associations are made and removed in the background. Each is waited for; a service
#     network has no status, so there is nothing to wait for.
#  6. A function is never HEALTHY: it is UNUSED, and UNAVAILABLE once a service uses its group.
#  7. The service answers http on its listener's port, and VPC Lattice has already unwrapped the body.
#  8. The alarm watches the target group of the version under test, and it has an action: a topic, to which the rollback
#     function is subscribed and which may invoke it.
#  9. The rollback function's environment is JSON, and its role may call UpdateListener.
# 10. The clean-up goes in the order that VPC Lattice allows, and checks that all is gone.
set -euo pipefail

source "$(dirname "$0")/checks.sh"

[ -n "${AWS_ENDPOINT_URL:-}${VPC_ID:-}" ] || fail "a service is reachable from a VPC only: set VPC_ID, and run this there"
NAME=canary-demo-$SUFFIX
ROLLBACK=canary-rollback-$SUFFIX
ALARM=canary-failures-$SUFFIX
ARN=arn:aws:lambda:$REGION:$ACCOUNT:function
WORK=$(mktemp -d)
SERVICE="" NETWORK="" ASSOCIATION="" VPC_ASSOCIATION="" TOPIC=""
GROUPS_MADE=()

# In this order: associations, service, target groups, network. Whatever is not there is passed over.
clean_up() {
  set +e
  aws cloudwatch delete-alarms --alarm-names "$ALARM"
  [ -n "$TOPIC" ] && aws sns delete-topic --topic-arn "$TOPIC"
  if [ -n "$ASSOCIATION" ]; then
    aws vpc-lattice delete-service-network-service-association \
      --service-network-service-association-identifier "$ASSOCIATION" > /dev/null
    until_gone aws vpc-lattice get-service-network-service-association \
      --service-network-service-association-identifier "$ASSOCIATION"
  fi
  if [ -n "$VPC_ASSOCIATION" ]; then
    aws vpc-lattice delete-service-network-vpc-association \
      --service-network-vpc-association-identifier "$VPC_ASSOCIATION" > /dev/null
    until_gone aws vpc-lattice get-service-network-vpc-association \
      --service-network-vpc-association-identifier "$VPC_ASSOCIATION"
  fi
  if [ -n "$SERVICE" ]; then
    aws vpc-lattice delete-service --service-identifier "$SERVICE" > /dev/null
    until_gone aws vpc-lattice get-service --service-identifier "$SERVICE"
  fi
  for group in "${GROUPS_MADE[@]}"; do
    for target in $(aws vpc-lattice list-targets --target-group-identifier "$group" --query 'items[].id' --output text); do
      aws vpc-lattice deregister-targets --target-group-identifier "$group" --targets "id=$target" > /dev/null
    done
    for _ in $(seq 120); do
      [ "$(aws vpc-lattice list-targets --target-group-identifier "$group" --query 'length(items)')" = 0 ] && break
      sleep 1
    done
    aws vpc-lattice delete-target-group --target-group-identifier "$group" > /dev/null
    until_gone aws vpc-lattice get-target-group --target-group-identifier "$group"
  done
  [ -n "$NETWORK" ] && aws vpc-lattice delete-service-network --service-network-identifier "$NETWORK"
  for function in "$NAME" "$ROLLBACK"; do
    aws lambda delete-function --function-name "$function" > /dev/null
    aws logs delete-log-group --log-group-name "/aws/lambda/$function"
    aws iam detach-role-policy --role-name "$function" \
      --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
  done
  aws iam delete-role-policy --role-name "$ROLLBACK" --policy-name move-traffic-back
  for role in "$NAME" "$ROLLBACK"; do aws iam delete-role --role-name "$role"; done
  rm -rf "$WORK"
  set -e
}
until_gone() { # until_gone COMMAND... : at most two minutes
  for _ in $(seq 120); do
    "$@" > /dev/null 2> "$WORK/gone" || { grep -q ResourceNotFoundException "$WORK/gone" && return 0; }
    sleep 1
  done
  echo "still there: $*" >&2
}
# A step that fails must not leave things behind that cost money.
trap 'clean_up 2>/dev/null' EXIT

say "1. A role for the application, and one for the rollback"
TRUST='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
create_role() {
  aws iam create-role --role-name "$1" --assume-role-policy-document "$TRUST" > /dev/null
  aws iam attach-role-policy --role-name "$1" \
    --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
}
create_role "$NAME"
create_role "$ROLLBACK"
expect "the role" "$(aws iam get-role --role-name "$NAME" --query Role.Arn --output text)" \
  "arn:aws:iam::$ACCOUNT:role/$NAME"

say "2. Versions 1 and 2 of the function, invoked by number"
# make_zip VERSION STATEMENT: the handler runs STATEMENT before it answers.
make_zip() {
  cat > "$WORK/app.py" <<PY
import json


def handler(event, context):
    $2
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"version": "$1", "request": context.aws_request_id}),
    }
PY
  rm -f "$WORK/function.zip"
  (cd "$WORK" && python3 -m zipfile -c function.zip app.py)
}
create_function() { # create_function NAME MODULE MORE... : false while its role cannot be assumed
  local name=$1 module=$2
  shift 2
  aws lambda create-function --function-name "$name" --runtime python3.13 --handler "$module.handler" \
    --role "arn:aws:iam::$ACCOUNT:role/$name" --zip-file "fileb://$WORK/function.zip" --timeout 30 "$@" \
    > "$WORK/out" 2> "$WORK/error" && return 0
  grep -q "cannot be assumed" "$WORK/error" || fail "$(cat "$WORK/error")"
  return 1
}
make_zip 1.0.0 pass
until_true "the function is created" 60 create_function "$NAME" app
aws lambda wait function-active-v2 --function-name "$NAME"
V1=$(aws lambda publish-version --function-name "$NAME" --query Version --output text)
release() { # release VERSION STATEMENT: prints the new version's number
  make_zip "$1" "$2"
  aws lambda update-function-code --function-name "$NAME" --zip-file "fileb://$WORK/function.zip" > /dev/null
  aws lambda wait function-updated-v2 --function-name "$NAME"
  aws lambda publish-version --function-name "$NAME" --description "$1" --query Version --output text
}
V2=$(release 2.0.0 pass)
case $(aws --version 2>&1) in aws-cli/1.*) ;; *) CLI_BINARY_FORMAT="--cli-binary-format raw-in-base64-out" ;; esac
invoke_version() { # the statusCode that the version returns, or its error
  aws lambda invoke --function-name "$NAME" --qualifier "$1" --payload '{}' "$WORK/answer" \
    ${CLI_BINARY_FORMAT:-} > "$WORK/invoke"
  python3 -c 'import json,sys; a=json.load(open(sys.argv[1])); print(a.get("statusCode") or a.get("errorType"))' "$WORK/answer"
}
expect "version $V1 invoked by number" "$(invoke_version "$V1")" 200
expect "version $V2 invoked by number" "$(invoke_version "$V2")" 200

say "3. A service network, which has no status"
NETWORK=$(aws vpc-lattice create-service-network --name "$NAME" --auth-type NONE --query id --output text)
expect "the network's name" "$(aws vpc-lattice get-service-network --service-network-identifier "$NETWORK" \
  --query name --output text)" "$NAME"

say "4. A target group for each version"
group_status() { aws vpc-lattice get-target-group --target-group-identifier "$1" --query status --output text; }
group_is() { [ "$(group_status "$1")" = "$2" ]; }
# make_group VERSION: sets GROUP to a group that holds this version.
make_group() {
  GROUP=$(aws vpc-lattice create-target-group --name "$NAME-$1" --type LAMBDA \
    --config lambdaEventStructureVersion=V2 --query id --output text)
  GROUPS_MADE+=("$GROUP")
  until_true "target group $GROUP is active" 60 group_is "$GROUP" ACTIVE
  expect "targets that were not registered" "$(aws vpc-lattice register-targets --target-group-identifier "$GROUP" \
    --targets "id=$ARN:$NAME:$1" --query 'length(unsuccessful)')" 0
  aws lambda get-policy --function-name "$NAME" --qualifier "$1" --output text 2> /dev/null | grep -q "$GROUP" ||
    aws lambda add-permission --function-name "$NAME" --qualifier "$1" --statement-id vpc-lattice \
      --action lambda:InvokeFunction --principal vpc-lattice.amazonaws.com \
      --source-arn "arn:aws:vpc-lattice:$REGION:$ACCOUNT:targetgroup/$GROUP" > /dev/null
}
target_status() { aws vpc-lattice list-targets --target-group-identifier "$1" --query 'items[0].status' --output text; }
make_group "$V1"; PROD=$GROUP
make_group "$V2"; CANARY=$GROUP
expect "the target's status while nothing uses its group" "$(target_status "$CANARY")" UNUSED
aws vpc-lattice register-targets --target-group-identifier "$CANARY" --targets "id=$NAME:$V2" > "$WORK/refused" 2>&1 &&
  expect "targets that were refused" "$(grep -c failureCode "$WORK/refused")" 1
expect "targets of the canary's group" "$(aws vpc-lattice list-targets --target-group-identifier "$CANARY" \
  --query 'length(items)')" 1

say "5. A service that sends 10 % to version 2"
split() { # split GROUP WEIGHT [GROUP WEIGHT]: an action, as JSON
  python3 -c 'import json,sys; a=sys.argv[1:]; print(json.dumps({"forward": {"targetGroups": [{"targetGroupIdentifier": g, "weight": int(w)} for g, w in zip(a[::2], a[1::2])]}}))' "$@"
}
SERVICE=$(aws vpc-lattice create-service --name "$NAME" --auth-type NONE --query id --output text)
service_is() { [ "$(aws vpc-lattice get-service --service-identifier "$SERVICE" --query status --output text)" = "$1" ]; }
until_true "the service is active" 60 service_is ACTIVE
LISTENER=$(aws vpc-lattice create-listener --service-identifier "$SERVICE" --name http --protocol HTTP --port 80 \
  --default-action "$(split "$PROD" 90 "$CANARY" 10)" --query id --output text)
ASSOCIATION=$(aws vpc-lattice create-service-network-service-association --service-identifier "$SERVICE" \
  --service-network-identifier "$NETWORK" --query id --output text)
association_is() {
  [ "$(aws vpc-lattice get-service-network-service-association --query status --output text \
    --service-network-service-association-identifier "$ASSOCIATION")" = "$1" ]
}
until_true "the association is active" 60 association_is ACTIVE
if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
  URL=$AWS_ENDPOINT_URL/_aws/vpc-lattice/$SERVICE/orders
else
  VPC_ASSOCIATION=$(aws vpc-lattice create-service-network-vpc-association --vpc-identifier "$VPC_ID" \
    --service-network-identifier "$NETWORK" --query id --output text)
  vpc_is() {
    [ "$(aws vpc-lattice get-service-network-vpc-association --query status --output text \
      --service-network-vpc-association-identifier "$VPC_ASSOCIATION")" = "$1" ]
  }
  until_true "the VPC is associated" 120 vpc_is ACTIVE
  URL=http://$(aws vpc-lattice get-service --service-identifier "$SERVICE" --query dnsEntry.domainName --output text)/orders
fi
expect "the target's status, which is never HEALTHY" "$(target_status "$CANARY")" UNAVAILABLE

# send COUNT: that many requests over one connection; bodies, a line each, in $WORK/bodies.
send() { curl -s -w '\n' "$URL?n=[1-$1]" > "$WORK/bodies" || true; }
count() { grep -c "$1" "$WORK/bodies" || true; }
answers_with() { send 1 && grep -q "$1" "$WORK/bodies"; }
until_true "the service answers" 180 answers_with '"version"'
send 1000
# Binomial, n = 1000, p = 0.1: outside five standard deviations fewer than once in a million runs.
between "responses of version 2 out of 1000" "$(count '"version": "2.0.0"')" 53 147
expect "responses that are neither" "$((1000 - $(count '"version": "[12].0.0"')))" 0

say "6. 30 % to version 2, then the smallest share there is"
shift_to() {
  aws vpc-lattice update-listener --service-identifier "$SERVICE" --listener-identifier "$LISTENER" \
    --default-action "$(split "$@")" > /dev/null
}
weights() {
  aws vpc-lattice get-listener --service-identifier "$SERVICE" --listener-identifier "$LISTENER" \
    --query 'defaultAction.forward.targetGroups[].[targetGroupIdentifier,weight]' --output text | tr '\t\n' '  ' | sed 's/ $//'
}
shift_to "$PROD" 70 "$CANARY" 30
expect "the weights" "$(weights)" "$PROD 70 $CANARY 30"
[ -n "${AWS_ENDPOINT_URL:-}" ] || sleep 90 # On AWS a weight takes about that long to be true everywhere.
send 300
between "responses of version 2 out of 300" "$(count '"version": "2.0.0"')" 50 130
shift_to "$PROD" 999 "$CANARY" 1
expect "the weights" "$(weights)" "$PROD 999 $CANARY 1"
shift_to "$PROD" 1000 "$CANARY" 1 2> "$WORK/error" && fail "a weight of 1000 was taken"
expect "the weights after one of 1000 was refused" "$(weights)" "$PROD 999 $CANARY 1"

say "7. Metrics of each target group"
sum() { # sum METRIC GROUP: over the last 15 minutes, all datapoints
  aws cloudwatch get-metric-statistics --namespace AWS/VpcLattice --metric-name "$1" --statistics Sum --period 60 \
    --dimensions "Name=TargetGroup,Value=$2" \
    --start-time "$(date -u -d '15 minutes ago' +%Y-%m-%dT%H:%M:%SZ)" \
    --end-time "$(date -u -d '1 minute' +%Y-%m-%dT%H:%M:%SZ)" \
    --query 'sum(Datapoints[].Sum)' --output text
}
whole() { printf '%.0f' "$1"; }
has_metrics() { [ "$(whole "$(sum TotalRequestCount "$CANARY")")" -ge 103 ]; }
until_true "the canary's requests are counted" 240 has_metrics
between "requests to version 2" "$(whole "$(sum TotalRequestCount "$CANARY")")" 103 280
expect "failures of version 2" "$(whole "$(sum HTTPCode_5XX_Count "$CANARY")")" 0

say "8. Promote version 2"
shift_to "$CANARY" 100
[ -n "${AWS_ENDPOINT_URL:-}" ] || sleep 90
send 50
expect "responses of version 2 out of 50" "$(count '"version": "2.0.0"')" 50
expect "the former group's target" "$(target_status "$PROD")" UNUSED
STABLE=$CANARY

say "9. The way back: alarm, topic, function"
# Only Python's own library, so that it runs wherever a function runs; the request is signed as AWS wants it.
cat > "$WORK/rollback.py" <<'PY'
import datetime
import hashlib
import hmac
import json
import os
import urllib.parse
import urllib.request


def handler(event, context):
    for record in event["Records"]:
        message = json.loads(record["Sns"]["Message"])
        if message["AlarmName"] != os.environ["ALARM"] or message["NewStateValue"] != "ALARM":
            print(f"nothing to do: {message['AlarmName']} is {message['NewStateValue']}")
            continue
        stable = {"targetGroupIdentifier": os.environ["STABLE_GROUP"], "weight": 100}
        body = json.dumps({"defaultAction": {"forward": {"targetGroups": [stable]}}})
        # What goes wrong is raised: SNS then tries again.
        print(f"{message['AlarmName']}: {patch(body)}")


def patch(body):
    region = os.environ["AWS_REGION"]
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or f"https://vpc-lattice.{region}.amazonaws.com"
    path = f"/services/{os.environ['SERVICE']}/listeners/{os.environ['LISTENER']}"
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    headers = {
        "content-type": "application/json",
        "host": urllib.parse.urlsplit(endpoint).netloc,
        "x-amz-date": now,
    }
    if "AWS_SESSION_TOKEN" in os.environ:
        headers["x-amz-security-token"] = os.environ["AWS_SESSION_TOKEN"]
    headers["authorization"] = authorization(path, headers, body, f"{now[:8]}/{region}/vpc-lattice/aws4_request")
    request = urllib.request.Request(endpoint + path, body.encode(), headers, method="PATCH")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status


def authorization(path, headers, body, scope):
    signed = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = f"PATCH\n{path}\n\n{lines}\n{signed}\n{digest(body)}"
    to_sign = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{digest(canonical)}"
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    return f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={signature}"


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()
PY
rm -f "$WORK/function.zip"
(cd "$WORK" && python3 -m zipfile -c function.zip rollback.py)
aws iam put-role-policy --role-name "$ROLLBACK" --policy-name move-traffic-back --policy-document \
  "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"vpc-lattice:UpdateListener\",\"Resource\":\"*\"}]}"
ENVIRONMENT=$(python3 -c 'import json,sys; print(json.dumps({"Variables": dict(p.split("=", 1) for p in sys.argv[1:])}))' \
  "ALARM=$ALARM" "SERVICE=$SERVICE" "LISTENER=$LISTENER" "STABLE_GROUP=$STABLE")
until_true "the rollback function is created" 60 create_function "$ROLLBACK" rollback --environment "$ENVIRONMENT"
aws lambda wait function-active-v2 --function-name "$ROLLBACK"
TOPIC=$(aws sns create-topic --name "$ROLLBACK" --query TopicArn --output text)
aws lambda add-permission --function-name "$ROLLBACK" --statement-id sns --action lambda:InvokeFunction \
  --principal sns.amazonaws.com --source-arn "$TOPIC" > /dev/null
aws sns subscribe --topic-arn "$TOPIC" --protocol lambda --notification-endpoint "$ARN:$ROLLBACK" > /dev/null
expect "subscriptions" "$(aws sns list-subscriptions-by-topic --topic-arn "$TOPIC" --query 'length(Subscriptions)')" 1

say "10. A bad version 3 takes itself out"
V3=$(release 3.0.0 'raise RuntimeError("bad release")')
expect "version $V3 invoked by number" "$(invoke_version "$V3")" RuntimeError
make_group "$V3"; BAD=$GROUP
aws cloudwatch put-metric-alarm --alarm-name "$ALARM" --alarm-description "Failures of the version under test" \
  --namespace AWS/VpcLattice --metric-name HTTPCode_5XX_Count --dimensions "Name=TargetGroup,Value=$BAD" \
  --statistic Sum --period 60 --evaluation-periods 1 --threshold 0 \
  --comparison-operator GreaterThanThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC"
shift_to "$STABLE" 70 "$BAD" 30
expect "the weights" "$(weights)" "$STABLE 70 $BAD 30"
[ -n "${AWS_ENDPOINT_URL:-}" ] || sleep 90
send 200
between "failed responses out of 200" "$((200 - $(count '"version": "2.0.0"')))" 25 100
is_back() { [ "$(weights)" = "$STABLE 100" ]; }
until_true "the alarm has moved all traffic back" 300 is_back
expect "the alarm" "$(aws cloudwatch describe-alarms --alarm-names "$ALARM" \
  --query 'MetricAlarms[0].StateValue' --output text)" ALARM
[ -n "${AWS_ENDPOINT_URL:-}" ] || sleep 90
send 50
expect "responses of version 2 after the rollback" "$(count '"version": "2.0.0"')" 50

say "11. What may not be deleted yet"
refused() { # refused COMMAND... : prints why
  "$@" > /dev/null 2> "$WORK/error" && return 1
  grep -o 'ConflictException' "$WORK/error" | head -1
}
expect "deleting the service that is still associated" "$(refused aws vpc-lattice delete-service \
  --service-identifier "$SERVICE")" ConflictException
expect "deleting the target group that serves" "$(refused aws vpc-lattice delete-target-group \
  --target-group-identifier "$STABLE")" ConflictException

say "12. Clean up"
trap - EXIT
clean_up 2> "$WORK.errors"
[ ! -s "$WORK.errors" ] || fail "$(cat "$WORK.errors")"
rm -f "$WORK.errors"
expect "services left" "$(aws vpc-lattice list-services --query "length(items[?name=='$NAME'])")" 0
expect "target groups left" "$(aws vpc-lattice list-target-groups --query "length(items[?starts_with(name, '$NAME')])")" 0
expect "service networks left" "$(aws vpc-lattice list-service-networks --query "length(items[?name=='$NAME'])")" 0
expect "functions left" "$(aws lambda list-functions --query "length(Functions[?ends_with(FunctionName, '$SUFFIX')])")" 0
expect "topics left" "$(aws sns list-topics --query "length(Topics[?TopicArn=='$TOPIC'])")" 0
expect "alarms left" "$(aws cloudwatch describe-alarms --alarm-names "$ALARM" --query 'length(MetricAlarms)')" 0
expect "log groups left" "$(aws logs describe-log-groups --query "length(logGroups[?ends_with(logGroupName, '$SUFFIX')])")" 0
expect "roles left" "$(aws iam list-roles --query "length(Roles[?ends_with(RoleName, '$SUFFIX')])")" 0

printf '\nAll steps passed.\n'
