#!/usr/bin/env bash
# Blue/green deployments by CodeDeploy with the stock AWS CLI: a container service behind an Application Load Balancer, and
# a function behind an alias. Hooks that check, a linear shift, a test listener, alarms that stop and roll back, both halves
# at once, a dashboard, and a clean-up that leaves nothing.
#
#   headgate local start &
#   export AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
#   examples/recipes/002-ecs-lambda-codedeploy.sh
#
# Without AWS_ENDPOINT_URL it runs against AWS, in the default VPC. Every step checks what it did and stops the script when
# it is not so. It needs aws, curl and python3, and docker or podman or the local cloud's image builder; it takes under
# five minutes locally. What it deploys, and how that is made, is in 002/. 002-virtual-clock.sh does the long waits.
#
# The usual edition of this walk-through deploys nothing. Mended here:
#  1. The service has the controller CODE_DEPLOY: a group for another one is refused, and a service keeps its controller.
#     services-stable never comes true for such a service; its primary task set is looked at instead.
#  2. `npm ci` without a lock file fails; the health check calls curl, which the image does not have; the log group's
#     retention is a call of its own. The image says which version it is, and not its settings alone. The tasks call nothing of
#     AWS: they have no role, and nobody listens on port 443.
#  3. An ECS group wants a pair of target groups by name with the production listener, a deployment style, and no green
#     fleet; a Lambda group wants a style too. The alarms are named in the group: otherwise nothing stops by them.
#  4. CLI shorthand: events=A,B and not events=A,events=B; JSON is given as a whole or not at all. appSpecContent.content is
#     text, not base64: it comes from a file here.
#  5. An alias that CodeDeploy shifts leads to a published number, never to $LATEST. An update is waited for before the
#     version is published, which otherwise has the old settings or is refused.
#  6. Hooks get two ids and nothing else, need the right to report, and checked nothing. Here they ask CodeDeploy what is
#     deployed, call the new version, and report. They count in Deployment/Validation. Their names begin with
#     CodeDeployHook_, which the managed policies ask for. AfterAllowTestTraffic is skipped without a test listener.
#  7. Alarms by `app/NAME/ID` and `targetgroup/NAME/ID`, for both target groups: they change places with each deployment. The
#     function throws where it fails, for Errors counts nothing else. Minutes without traffic are fine.
#  8. Two deployments at once are followed by their ids, and their ends are looked at, whatever the shell waited for.
#  9. AWS/CodeDeploy has no metrics, and AWS/ECS no counts of tasks: the dashboard has CodeDeploy's events by a rule, and
#     Container Insights. Every widget is seen to have data.
# 10. list-deployments wants the group too. The clean-up goes in the order that AWS allows, and looks everywhere.
set -euo pipefail

source "$(dirname "$0")/checks.sh"
HEALTH_SECONDS=5
CONTAINER_CHECK=', "healthCheck": { "command": ["CMD", "node", "health.mjs"], "interval": 5, "timeout": 3, "retries": 3, "startPeriod": 10 }'
source "$(dirname "$0")/002/setup.sh"
# A step that fails must not leave things behind that cost money.
trap 'clean_up 2>/dev/null' EXIT

say "1. Network, roles, images and cluster, at the same time"
create_roles & ROLES=$!
create_images 1.0.0 2.0.0 3.0.0=data 4.0.0=users & IMAGES=$!
CLUSTER_MADE=yes
create_cluster & MADE=$!
create_network
wait "$ROLES"
wait "$IMAGES"
wait "$MADE"
expect "both listeners lead to" "$(weights "$LISTENER") and $(weights "$TEST_LISTENER")" "blue 1 and blue 1"
expect "the tags in the repository" "$(aws ecr describe-images --repository-name "$REPOSITORY" \
  --query 'join(`,`, sort(imageDetails[].imageTags[]))' --output text)" 1.0.0,2.0.0,3.0.0,4.0.0

say "2. A service for CodeDeploy; a function, published, with an alias"
V1=$(define 1.0.0)
until_true "the service is created" 60 create_service "$V1"
create_function "$FUNCTION" function index.handler "$LAMBDA_ROLE" --environment 'Variables={VERSION=1.0.0}' & MADE=$!
create_function "${HOOK}_before-$SUFFIX" hooks index.before "$HOOK_ROLE" --environment "Variables={PROD_URL=$PROD_URL}" & BEFORE=$!
create_function "${HOOK}_test-$SUFFIX" hooks index.test "$HOOK_ROLE" --environment "Variables={TEST_URL=$TEST_URL}" & TEST=$!
create_function "${HOOK}_after-$SUFFIX" hooks index.after "$HOOK_ROLE" \
  --environment "Variables={PROD_URL=$PROD_URL,TEST_URL=$TEST_URL}" & AFTER=$!
V2=$(define 2.0.0) V3=$(define 3.0.0) V4=$(define 4.0.0)
wait "$MADE"
wait "$BEFORE"
wait "$TEST"
wait "$AFTER"
expect "the first version" "$(aws lambda publish-version --function-name "$FUNCTION" --query Version --output text)" 1
aws lambda create-alias --function-name "$FUNCTION" --name PROD --function-version 1 > /dev/null
FUNCTION_URL=$(aws lambda create-function-url-config --function-name "$FUNCTION" --qualifier PROD --auth-type NONE \
  --query FunctionUrl --output text)
aws lambda add-permission --function-name "$FUNCTION" --qualifier PROD --statement-id everybody --principal '*' \
  --action lambda:InvokeFunctionUrl --function-url-auth-type NONE > /dev/null
aws lambda add-permission --function-name "$FUNCTION" --qualifier PROD --statement-id everybody-by-url --principal '*' \
  --action lambda:InvokeFunction --invoked-via-function-url > /dev/null
until_true "the service's task set is steady" 180 is STEADY_STATE service 'taskSets[0].stabilityStatus'
expect "its deployments, which only the controller ECS has" "$(service 'length(deployments)')" 0
until_true "both tasks are healthy" 60 is 2 healthy "$BLUE"
# send COUNT URL: that many requests over one connection, bodies in $WORK/bodies; count VERSION: how many said it.
send() { curl -s -w '\n' "$2?n=[1-$1]" > "$WORK/bodies" || true; }
count() { grep -c "\"version\":\"$1\"" "$WORK/bodies" || true; }
send 50 "http://$DNS/api/data"
expect "responses of 1.0.0 out of 50 by the service" "$(count 1.0.0)" 50
expect "its health" "$(curl -s "http://$DNS/health" | grep -o '"status":"healthy","version":"1.0.0"' || true)" '"status":"healthy","version":"1.0.0"'
send 50 "${FUNCTION_URL}api/data"
expect "responses of 1.0.0 out of 50 by the function" "$(count 1.0.0)" 50
invoke() { # invoke PATH: the version that the alias ran, and its own word for it
  printf '{"path":"%s"}' "$1" > "$WORK/event.json"
  aws lambda invoke --function-name "$FUNCTION" --qualifier PROD --payload "fileb://$WORK/event.json" "$WORK/answer" \
    --query ExecutedVersion --output text | tr '\n' ' '
  python3 -c 'import json,sys; print(json.loads(json.load(open(sys.argv[1]))["body"])["version"])' "$WORK/answer"
}
expect "the version that the alias runs, with its own word for it," "$(invoke /health)" "1 1.0.0"

say "3. Alarms with the dimensions that AWS counts by, and somewhere to tell"
TOPIC_ARN=$(aws sns create-topic --name "$TOPIC" --query TopicArn --output text)
BALANCER_DIMENSION=${BALANCER_ARN#*:loadbalancer/}
alarm() { # alarm NAME NAMESPACE METRIC STATISTIC THRESHOLD DIMENSION...
  local name=$1 namespace=$2 metric=$3 statistic=$4 threshold=$5
  shift 5
  aws cloudwatch put-metric-alarm --alarm-name "$name" --namespace "$namespace" --metric-name "$metric" --dimensions "$@" \
    --statistic "$statistic" --period 60 --evaluation-periods 1 --threshold "$threshold" --comparison-operator GreaterThanThreshold \
    --treat-missing-data notBreaching --alarm-actions "$TOPIC_ARN"
  ALARMS_MADE+=("$name")
}
for colour in blue green; do
  [ "$colour" = blue ] && ARN=$BLUE || ARN=$GREEN
  BEHIND=(Name=LoadBalancer,Value="$BALANCER_DIMENSION" Name=TargetGroup,Value="${ARN##*:}")
  alarm "$SERVICE-$colour-5xx" AWS/ApplicationELB HTTPCode_Target_5XX_Count Sum 5 "${BEHIND[@]}"
  alarm "$SERVICE-$colour-slow" AWS/ApplicationELB TargetResponseTime Average 10 "${BEHIND[@]}" # Seconds.
done
RESOURCE=(Name=FunctionName,Value="$FUNCTION" Name=Resource,Value="$FUNCTION:PROD")
alarm "$FUNCTION-errors" AWS/Lambda Errors Sum 5 "${RESOURCE[@]}"
alarm "$FUNCTION-slow" AWS/Lambda Duration Average 10000 "${RESOURCE[@]}" # Milliseconds.
# CodeDeploy tells every change of state on the default bus; a rule writes it into a log group, and counts it.
aws logs create-log-group --log-group-name "$EVENTS"
aws logs put-resource-policy --policy-name "$LOGS_POLICY" --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
  "Principal":{"Service":"events.amazonaws.com"},"Action":["logs:CreateLogStream","logs:PutLogEvents"],
  "Resource":"arn:aws:logs:'"$REGION:$ACCOUNT:log-group:$EVENTS"':*"}]}' > /dev/null
aws events put-rule --name "$RULE" --query RuleArn --output text \
  --event-pattern '{"source":["aws.codedeploy"],"detail":{"application":["'"$ECS_APP"'","'"$LAMBDA_APP"'"]}}' > /dev/null
expect "targets of the rule that failed" "$(aws events put-targets --rule "$RULE" --query FailedEntryCount \
  --targets "Id=1,Arn=arn:aws:logs:$REGION:$ACCOUNT:log-group:$EVENTS")" 0

say "4. Applications and groups; what the usual edition sends is refused"
aws deploy create-application --application-name "$ECS_APP" --compute-platform ECS > /dev/null
aws deploy create-application --application-name "$LAMBDA_APP" --compute-platform Lambda > /dev/null
create_linear "Linear40Ecs-$SUFFIX" ECS 40 1
create_linear "Linear40Lambda-$SUFFIX" Lambda 40 1
SERVICES="clusterName=$CLUSTER,serviceName=$SERVICE"
TRIGGERS="triggerName=ends,triggerTargetArn=$TOPIC_ARN,triggerEvents=DeploymentSuccess,DeploymentFailure,DeploymentStop,DeploymentRollback"
expect "a Lambda group without a style" "$(refused aws deploy create-deployment-group --application-name "$LAMBDA_APP" \
  --deployment-group-name "$GROUP" --service-role-arn "$(role_arn "$CODEDEPLOY_ROLE")")" InvalidDeploymentStyleException
expect "an ECS group with target groups alone" "$(refused create_group "$ECS_APP" --ecs-services "$SERVICES" \
  --blue-green-deployment-configuration "$(blue_green 0 0)" \
  --load-balancer-info "{\"targetGroupInfoList\":[{\"name\":\"$SERVICE-blue\"}]}")" InvalidLoadBalancerInfoException
create_group "$ECS_APP" --ecs-services "$SERVICES" --load-balancer-info "$(listeners_and_groups)" \
  --blue-green-deployment-configuration "$(blue_green 0 0)" --deployment-config-name "Linear40Ecs-$SUFFIX" \
  --alarm-configuration "enabled=true,alarms=[{name=$SERVICE-blue-5xx},{name=$SERVICE-green-5xx},{name=$SERVICE-blue-slow},{name=$SERVICE-green-slow}]" \
  --trigger-configurations "$TRIGGERS" > /dev/null
create_group "$LAMBDA_APP" --deployment-config-name "Linear40Lambda-$SUFFIX" \
  --alarm-configuration "enabled=true,alarms=[{name=$FUNCTION-errors},{name=$FUNCTION-slow}]" --trigger-configurations "$TRIGGERS" > /dev/null
ECS_HOOKS="{\"BeforeInstall\":\"${HOOK}_before-$SUFFIX\"},{\"AfterAllowTestTraffic\":\"${HOOK}_test-$SUFFIX\"},{\"AfterAllowTraffic\":\"${HOOK}_after-$SUFFIX\"}"
LAMBDA_HOOKS="{\"BeforeAllowTraffic\":\"${HOOK}_before-$SUFFIX\"},{\"AfterAllowTraffic\":\"${HOOK}_after-$SUFFIX\"}"
ECS_TARGET=$CLUSTER:$SERVICE
LAMBDA_TARGET=$FUNCTION:PROD
ended() { [ "$(deployment "$1" completeTime)" != None ]; }
rollback_of() { deployment "$1" rollbackInfo.rollbackDeploymentId; }

say "5. A version whose data cannot be read: the hooks find it before a user does"
FUNCTION_V3=$(publish 3.0.0 data)
ECS_BAD=$(deploy "$ECS_APP" "$(ecs_appspec "$V3" "$ECS_HOOKS")")
LAMBDA_BAD=$(deploy "$LAMBDA_APP" "$(lambda_appspec 1 "$FUNCTION_V3" "$LAMBDA_HOOKS")")
expect "another deployment of the same group meanwhile" "$(refused deploy "$ECS_APP" "$(ecs_appspec "$V2")")" DeploymentLimitExceededException
until_true "the function's deployment has ended" 60 ended "$LAMBDA_BAD"
expect "how" "$(deployment "$LAMBDA_BAD" '[status, errorInformation.code]')" "Failed	HOOK_EXECUTION_FAILURE"
expect "what failed of it" "$(events "$LAMBDA_BAD" "$LAMBDA_TARGET" Failed)" BeforeAllowTraffic
expect "where the alias leads" "$(alias_leads_to)" 1
until_true "the service's deployment has ended" 120 ended "$ECS_BAD"
expect "how" "$(deployment "$ECS_BAD" '[status, errorInformation.code]')" "Failed	HOOK_EXECUTION_FAILURE"
expect "what passed of it" "$(events "$ECS_BAD" "$ECS_TARGET")" BeforeInstall,Install,AfterInstall,AllowTestTraffic
expect "what failed of it" "$(events "$ECS_BAD" "$ECS_TARGET" Failed)" AfterAllowTestTraffic
expect "what was left out" "$(events "$ECS_BAD" "$ECS_TARGET" Skipped)" BeforeAllowTraffic,AllowTraffic,AfterAllowTraffic
UNDONE=$(rollback_of "$ECS_BAD")
until_true "its rollback has ended" 120 ended "$UNDONE"
expect "the rollback" "$(deployment "$UNDONE" '[status, creator, rollbackInfo.rollbackTriggeringDeploymentId]')" \
  "Succeeded	codeDeployRollback	$ECS_BAD"
expect "who gets the users" "$(weights "$LISTENER")" "blue 100,green 0"
send 50 "http://$DNS/api/data"
expect "responses of 1.0.0 out of 50" "$(count 1.0.0)" 50

say "6. Version 2.0.0 of both at once: 40, 80 and 100 percent, a minute each"
FUNCTION_V2=$(publish 2.0.0)
ECS_GOOD=$(deploy "$ECS_APP" "$(ecs_appspec "$V2" "$ECS_HOOKS")" --description "2.0.0")
LAMBDA_GOOD=$(deploy "$LAMBDA_APP" "$(lambda_appspec 1 "$FUNCTION_V2" "$LAMBDA_HOOKS")" --description "2.0.0")
until_true "the alias gives 40 percent" 60 is "1 with $FUNCTION_V2 at 0.4" alias_leads_to
until_true "the listener gives 40 percent" 120 is "blue 60,green 40" weights "$LISTENER"
SHIFTED=$SECONDS
send 500 "http://$DNS/api/data"
shared "responses of 2.0.0 by the service at 40 percent" "$(count 2.0.0)" 500 0.4
expect "those that are neither" "$((500 - $(count 2.0.0) - $(count 1.0.0)))" 0
expect "whom the test listener leads to" "$(weights "$TEST_LISTENER")" "green 100"
send 20 "$TEST_URL/"
expect "responses of 2.0.0 out of 20 by the test listener" "$(count 2.0.0)" 20
send 500 "${FUNCTION_URL}api/data"
shared "responses of 2.0.0 by the function at 40 percent" "$(count 2.0.0)" 500 0.4
expect "the task sets" "$(aws deploy batch-get-deployment-targets --deployment-id "$ECS_GOOD" --target-ids "$ECS_TARGET" --output text \
  --query 'deploymentTargets[0].ecsTarget.taskSetsInfo[].[taskSetLabel, status, trafficWeight, runningCount]' | tr '\t\n' ' ,' | sed 's/\.0//g')" \
  "Blue PRIMARY 60 2,Green ACTIVE 40 2,"
expect "the function's share" "$(aws deploy get-deployment-target --deployment-id "$LAMBDA_GOOD" --target-id "$LAMBDA_TARGET" \
  --query 'deploymentTarget.lambdaTarget.lambdaFunctionInfo.[currentVersion, targetVersion, targetVersionWeight]' --output text | sed 's/\.0//')" \
  "1	$FUNCTION_V2	40"
# The minutes of the shift are well spent: the dashboard.
python3 - "$PARTS/dashboard.json" > "$WORK/dashboard.json" "REGION=$REGION" "ACCOUNT=$ACCOUNT" "RULE=$RULE" "CLUSTER=$CLUSTER" \
  "SERVICE=$SERVICE" "FUNCTION=$FUNCTION" "BALANCER=$BALANCER_DIMENSION" "BLUE=${BLUE##*:}" "GREEN=${GREEN##*:}" <<'PY'
import string, sys
text = string.Template(open(sys.argv[1]).read())
print(text.substitute(dict(pair.split("=", 1) for pair in sys.argv[2:])))
PY
expect "what put-dashboard has to say" "$(aws cloudwatch put-dashboard --dashboard-name "$DASHBOARD" \
  --dashboard-body "file://$WORK/dashboard.json" --query 'length(DashboardValidationMessages || `[]`)')" 0
expect "lists of an application's deployments without a group" "$(refused aws deploy list-deployments --application-name "$ECS_APP")" \
  DeploymentGroupNameRequiredException
deployments_of() { aws deploy list-deployments --application-name "$1" --deployment-group-name "$GROUP" "${@:2}" --query 'length(deployments)'; }
expect "the service's deployments" "$(deployments_of "$ECS_APP")" 3
expect "deployments on a page of two" "$(deployments_of "$ECS_APP" --max-items 2)" 2
expect "those under way" "$(deployments_of "$ECS_APP" --include-only-statuses InProgress)" 1
expect "targets of this one" "$(aws deploy list-deployment-targets --deployment-id "$ECS_GOOD" --query targetIds --output text)" "$ECS_TARGET"
expect "deployments, asked for together" "$(aws deploy batch-get-deployments --deployment-ids "$ECS_BAD" "$UNDONE" "$ECS_GOOD" \
  --query 'deploymentsInfo[].status' --output text)" "Failed	Succeeded	InProgress"
expect "applications, asked for together" "$(aws deploy batch-get-applications --application-names "$ECS_APP" "$LAMBDA_APP" \
  --query 'join(`,`, sort(applicationsInfo[].computePlatform))' --output text)" ECS,Lambda
expect "the group's last deployments" "$(aws deploy batch-get-deployment-groups --application-name "$ECS_APP" --deployment-group-names "$GROUP" \
  --query 'deploymentGroupsInfo[0].[lastAttemptedDeployment.deploymentId, lastSuccessfulDeployment.deploymentId]' --output text)" "$ECS_GOOD	$UNDONE"
expect "predefined configurations for services" "$(aws deploy list-deployment-configs \
  --query 'length(deploymentConfigsList[?starts_with(@, `CodeDeployDefault.ECS`)])')" 5
expect "a configuration that is used" "$(refused aws deploy delete-deployment-config --deployment-config-name "Linear40Ecs-$SUFFIX")" DeploymentConfigInUseException
# It began before the service's, which first had to start tasks.
until_true "the alias gives 80 percent" 90 is "1 with $FUNCTION_V2 at 0.8" alias_leads_to
send 500 "${FUNCTION_URL}api/data"
shared "responses of 2.0.0 by the function at 80 percent" "$(count 2.0.0)" 500 0.8
until_true "the listener gives 80 percent" 90 is "blue 20,green 80" weights "$LISTENER"
between "seconds since 40 percent" $((SECONDS - SHIFTED)) 40 90
send 500 "http://$DNS/api/data"
shared "responses of 2.0.0 by the service at 80 percent" "$(count 2.0.0)" 500 0.8
until_true "the function's deployment has ended" 90 ended "$LAMBDA_GOOD"
until_true "the service's deployment has ended" 120 ended "$ECS_GOOD"
for id in "$ECS_GOOD" "$LAMBDA_GOOD"; do
  aws deploy wait deployment-successful --deployment-id "$id"
  expect "how it ended" "$(deployment "$id" status)" Succeeded
done
expect "what passed of the service's" "$(events "$ECS_GOOD" "$ECS_TARGET")" \
  BeforeInstall,Install,AfterInstall,AllowTestTraffic,AfterAllowTestTraffic,BeforeAllowTraffic,AllowTraffic,AfterAllowTraffic
expect "what passed of the function's" "$(events "$LAMBDA_GOOD" "$LAMBDA_TARGET")" BeforeAllowTraffic,AllowTraffic,AfterAllowTraffic
expect "who gets the users" "$(weights "$LISTENER")" "blue 0,green 100"
expect "where the alias leads" "$(alias_leads_to)" "$FUNCTION_V2"
send 50 "http://$DNS/api/data"
expect "responses of 2.0.0 out of 50 by the service" "$(count 2.0.0)" 50
send 50 "${FUNCTION_URL}api/data"
expect "responses of 2.0.0 out of 50 by the function" "$(count 2.0.0)" 50
expect "the version that the alias runs, with its own word for it," "$(invoke /api/data)" "$FUNCTION_V2 2.0.0"
until_true "the first task set has gone" 60 is "PRIMARY $V2" service "taskSets[].[join(' ', [status, taskDefinition])]"
two_tasks() { [ "$(aws ecs list-tasks --cluster "$CLUSTER" --query 'length(taskArns)')" = 2 ]; }
until_true "two tasks are left" 60 two_tasks

say "7. A version that fails for users alone: the alarms stop both, and CodeDeploy takes them back"
FUNCTION_V4=$(publish 4.0.0 users)
# Users of both from here on, twenty at a time; every status is kept.
users() {
  trap 'exit 0' TERM
  while :; do
    curl -s -o /dev/null -w '%{http_code}\n' --max-time 20 "http://$DNS/api/data?user=[1-20]" >> "$WORK/users-service" || true
    curl -s -o /dev/null -w '%{http_code}\n' --max-time 20 "${FUNCTION_URL}api/data?user=[1-20]" >> "$WORK/users-function" || true
    sleep 0.1 &
    wait $!
  done
}
ECS_STOPPED=$(deploy "$ECS_APP" "$(ecs_appspec "$V4" "$ECS_HOOKS")" --deployment-config-name CodeDeployDefault.ECSCanary10Percent5Minutes)
users &
USERS=$!
until_true "the listener gives 10 percent" 120 is "blue 10,green 90" weights "$LISTENER"
LAMBDA_STOPPED=$(deploy "$LAMBDA_APP" "$(lambda_appspec "$FUNCTION_V2" "$FUNCTION_V4" "$LAMBDA_HOOKS")" \
  --deployment-config-name CodeDeployDefault.LambdaCanary10Percent5Minutes)
for id in "$ECS_STOPPED" "$LAMBDA_STOPPED"; do
  until_true "it has ended" 150 ended "$id"
  expect "how" "$(deployment "$id" '[status, errorInformation.code]')" "Stopped	ALARM_ACTIVE"
  UNDONE=$(rollback_of "$id")
  until_true "its rollback has ended" 120 ended "$UNDONE"
  expect "the rollback" "$(deployment "$UNDONE" '[status, creator]')" "Succeeded	codeDeployRollback"
done
expect "the alarm that the service's names" "$(deployment "$ECS_STOPPED" errorInformation.message | grep -o "$SERVICE-[a-z]*-5xx")" "$SERVICE-blue-5xx"
expect "the alarm of the other target group" "$(aws cloudwatch describe-alarms --alarm-names "$SERVICE-green-5xx" \
  --query 'MetricAlarms[0].StateValue' --output text)" OK
if aws deploy wait deployment-successful --deployment-id "$ECS_STOPPED" 2> "$WORK/error"; then fail "it was taken for a success"; fi
expect "what the waiter says" "$(grep -c "terminal failure state" "$WORK/error")" 1
expect "who gets the users" "$(weights "$LISTENER")" "blue 0,green 100"
expect "where the alias leads" "$(alias_leads_to)" "$FUNCTION_V2"
kill "$USERS" && wait "$USERS" || true
USERS=""
for what in service function; do
  ALL=$(wc -l < "$WORK/users-$what")
  BAD=$(grep -vc '^200$' "$WORK/users-$what" || true)
  # Not more than ten percent at any time, so not more than that of all.
  between "users of the $what that got an error, out of $ALL" "$BAD" 6 "$(cut -d' ' -f2 <<< "$(bounds "$ALL" 0.1)")"
done
send 200 "http://$DNS/api/data"
expect "responses of 2.0.0 out of 200 by the service" "$(count 2.0.0)" 200
send 200 "${FUNCTION_URL}api/data"
expect "responses of 2.0.0 out of 200 by the function" "$(count 2.0.0)" 200

say "8. What CodeDeploy has told, and the dashboard"
told() { # told STATE: how often the rule has written it down
  aws logs filter-log-events --log-group-name "$EVENTS" --filter-pattern "{ \$.detail.state = \"$1\" }" --query 'length(events)'
}
until_true "ten starts are written down: three deployments and two rollbacks of each" 30 is 10 told START
expect "successes" "$(told SUCCESS)" 6
expect "failures" "$(told FAILURE)" 2
expect "stops" "$(told STOP)" 2
# An alarm with other dimensions than AWS counts by never gets a point, and never fires.
read -r HOUR_AGO NOW < <(python3 -c 'from datetime import datetime as d, timedelta as t, timezone as z; now = d.now(z.utc)
print(*(f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (now - t(hours=1), now + t(minutes=1))))')
has_points() { # has_points ALARM: by its own namespace, metric and dimensions
  aws cloudwatch describe-alarms --alarm-names "$1" --query 'MetricAlarms[0].{Namespace: Namespace, MetricName: MetricName, Dimensions: Dimensions}' \
    --output json > "$WORK/metric.json"
  [ "$(aws cloudwatch get-metric-statistics --cli-input-json "file://$WORK/metric.json" --start-time "$HOUR_AGO" --end-time "$NOW" \
    --period 60 --statistics SampleCount --query 'length(Datapoints)')" -gt 0 ]
}
for name in "$SERVICE-blue-5xx" "$SERVICE-blue-slow" "$SERVICE-green-slow" "$FUNCTION-errors" "$FUNCTION-slow"; do
  until_true "the metric of alarm ${name%"-$SUFFIX"*}${name#*"$SUFFIX"} has points" 60 has_points "$name"
done
expect "alarms for slow answers that fire" "$(aws cloudwatch describe-alarms --state-value ALARM \
  --query "length(MetricAlarms[?contains(AlarmName, '$SUFFIX-') && ends_with(AlarmName, '-slow')])")" 0
# The page itself and its data are the local cloud's own; on AWS the console draws the dashboard.
no_empty_widget() {
  curl -s "$AWS_ENDPOINT_URL/_headgate/dashboards/$DASHBOARD/data" > "$WORK/data"
  python3 - "$WORK/data" > "$WORK/empty" <<'PY'
import json, sys
for widget in json.load(open(sys.argv[1]))["widgets"]:
    content = widget["content"]
    lines = [line["label"] for line in content.get("lines", []) if not line["points"]]
    alarms = [alarm["name"] for alarm in content.get("alarms", []) if alarm.get("state") is None]
    if widget["isEmpty"] or lines or alarms or content.get("problems"):
        print(widget["title"], lines, alarms, content.get("problems"))
PY
  [ ! -s "$WORK/empty" ]
}
if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
  no_empty_widget || true
  [ ! -s "$WORK/empty" ] || cat "$WORK/empty"
  until_true "every widget and every line has data" 60 no_empty_widget
  expect "widgets" "$(python3 -c 'import json,sys; print(len(json.load(open(sys.argv[1]))["widgets"]))' "$WORK/data")" 9
fi
expect "the validations that failed, by the hooks' own metric" "$(aws cloudwatch list-metrics --namespace Deployment/Validation \
  --query 'length(Metrics[?Dimensions[?Value==`Failure`]])')" 2

say "9. Clean up"
clean_up_and_look

printf '\nAll steps passed.\n'
