#!/usr/bin/env bash
# The long deployments of CodeDeploy in a minute, on the local cloud's virtual clock: a service waits two hours for
# somebody's yes, is shifted by CodeDeployDefault.ECSLinear10PercentEvery3Minutes, and keeps its first tasks for two days; a
# function has a tenth of its traffic for two days. Fifty hours in all, every step looked at when it is due.
#
#   examples/recipes/002-virtual-clock.sh
#
# It starts a local cloud of its own with `headgate local start --clock virtual` and moves its time with `headgate local
# advance`. It needs aws, curl, python3 and headgate: the one of this checkout, or else the first in the PATH.
set -euo pipefail

PATH="$(cd "$(dirname "$0")/../.." && pwd)/node_modules/.bin:$PATH"
LOG=$(mktemp)
# Containers see the real time and the cloud does not, so tasks are processes here, which is also quicker.
HEADGATE_TASKS=processes headgate local start --port 0 --clock virtual > "$LOG" 2>&1 &
CLOUD_PID=$!
trap 'kill "$CLOUD_PID"' EXIT
for _ in $(seq 100); do grep -q '^ready: ' "$LOG" && break; command sleep 0.1; done
AWS_ENDPOINT_URL=$(sed -n 's/^ready: //p' "$LOG")
export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1

source "$(dirname "$0")/checks.sh"
# The longest interval, and no checks inside: in fifty hours there are many, and each is a real request or a real process.
HEALTH_SECONDS=300
CONTAINER_CHECK=""
source "$(dirname "$0")/002/setup.sh"
advance() { headgate local advance "$1" > /dev/null; }
# On this clock, waiting is advancing: until_true and the rest look again a minute later.
sleep() { advance 60s; }
finish() {
  clean_up
  kill "$CLOUD_PID" && wait "$CLOUD_PID"
}
trap 'finish 2> /dev/null' EXIT
now() { # seconds of the cloud's clock
  curl -s "$AWS_ENDPOINT_URL/_headgate/health" | python3 -c 'import json,sys; print(json.load(sys.stdin)["clock"]["nowMs"] // 1000)'
}

say "1. A service of two tasks and a function"
create_roles
create_images 1.0.0 2.0.0
CLUSTER_MADE=yes
create_cluster
create_network
V1=$(define 1.0.0)
V2=$(define 2.0.0)
until_true "the service is created" 60 create_service "$V1"
create_function "$FUNCTION" function index.handler "$LAMBDA_ROLE" --environment 'Variables={VERSION=1.0.0}'
aws lambda publish-version --function-name "$FUNCTION" > /dev/null
aws lambda create-alias --function-name "$FUNCTION" --name PROD --function-version 1 > /dev/null
until_true "the service's task set is steady" 120 is STEADY_STATE service 'taskSets[0].stabilityStatus'
expect "healthy targets" "$(healthy "$BLUE")" 2

say "2. Groups: two hours for a yes, two days for the first tasks"
aws deploy create-application --application-name "$ECS_APP" --compute-platform ECS > /dev/null
aws deploy create-application --application-name "$LAMBDA_APP" --compute-platform Lambda > /dev/null
SERVICES="clusterName=$CLUSTER,serviceName=$SERVICE"
group_for_the_service() { # group_for_the_service READY_MINUTES TERMINATION_MINUTES
  create_group "$ECS_APP" --ecs-services "$SERVICES" --load-balancer-info "$(listeners_and_groups)" \
    --deployment-config-name CodeDeployDefault.ECSLinear10PercentEvery3Minutes \
    --blue-green-deployment-configuration "$(blue_green "$1" "$2")"
}
expect "a wait of 50 hours" "$(refused group_for_the_service 120 3000)" InvalidBlueGreenDeploymentConfigurationException
group_for_the_service 120 2880 > /dev/null
aws deploy create-deployment-config --deployment-config-name "TwoDays-$SUFFIX" --compute-platform Lambda > /dev/null \
  --traffic-routing-config "type=TimeBasedCanary,timeBasedCanary={canaryPercentage=10,canaryInterval=2880}"
CONFIGS_MADE+=("TwoDays-$SUFFIX")
create_group "$LAMBDA_APP" --deployment-config-name "TwoDays-$SUFFIX" > /dev/null

say "3. The service is ready, and waits for a yes"
STARTED=$(now)
FUNCTION_V2=$(publish 2.0.0)
SHIFT=$(deploy "$LAMBDA_APP" "$(lambda_appspec 1 "$FUNCTION_V2")")
ID=$(deploy "$ECS_APP" "$(ecs_appspec "$V2")")
until_true "the deployment is ready" 120 is Ready deployment "$ID" status
expect "who gets the users" "$(weights "$LISTENER")" "blue 100,green 0"
expect "whom testers get" "$(weights "$TEST_LISTENER")" "green 100"
# send COUNT PORT: that many requests, bodies in $WORK/bodies; count VERSION: how many said it.
send() { curl -s -w '\n' "$PROD_URL:$2/?n=[1-$1]" > "$WORK/bodies"; }
count() { grep -c "\"version\":\"$1\"" "$WORK/bodies" || true; }
send 20 8080
expect "responses of 2.0.0 out of 20 to testers" "$(count 2.0.0)" 20
advance 110m
expect "the deployment, two hours after" "$(deployment "$ID" status)" Ready
expect "where the alias leads" "$(alias_leads_to)" "1 with $FUNCTION_V2 at 0.1"

say "4. Somebody says yes: 10 percent more every 3 minutes"
aws deploy continue-deployment --deployment-id "$ID" --deployment-wait-type READY_WAIT
advance 1s
for percent in 10 20 30 40 50 60 70 80 90 100; do
  expect "who gets the users" "$(weights "$LISTENER")" "blue $((100 - percent)),green $percent"
  case $percent in
    30 | 70)
      send 500 80
      shared "responses of 2.0.0" "$(count 2.0.0)" 500 "0.$((percent / 10))"
      ;;
    100) break ;;
  esac
  advance 178s
  expect "and a second before the next step" "$(weights "$LISTENER")" "blue $((100 - percent)),green $percent"
  advance 2s
done
expect "the primary task set's revision" "$(service "taskSets[?status=='PRIMARY'].taskDefinition")" "$V2"

say "5. Two days with both task sets"
waits() { [ "$(deployment "$ID" instanceTerminationWaitTimeStarted)" = True ]; }
until_true "the wait has begun" 60 waits
advance 2875m
expect "the deployment, five minutes before the end" "$(deployment "$ID" status)" InProgress
expect "the task sets" "$(service "taskSets[].status | join(',', sort(@))")" ACTIVE,PRIMARY
expect "healthy targets behind blue" "$(healthy "$BLUE")" 2
expect "where the alias leads after two days" "$(alias_leads_to)" "$FUNCTION_V2"
expect "the function's deployment" "$(deployment "$SHIFT" status)" Succeeded
advance 6m
expect "the deployment, a minute after the end" "$(deployment "$ID" status)" Succeeded
until_true "one task set is left" 60 is "PRIMARY $V2" service "taskSets[].[join(' ', [status, taskDefinition])]"
between "hours that it took" $((($(now) - STARTED) / 3600)) 50 51
took() { # took DEPLOYMENT: minutes from start to end, as CodeDeploy says
  aws deploy get-deployment --deployment-id "$1" --query 'deploymentInfo.[startTime, completeTime]' --output json |
    python3 -c 'import json,sys; from datetime import datetime as d
a, b = ((d.fromisoformat(t) if isinstance(t, str) else d.fromtimestamp(t)) for t in json.load(sys.stdin)); print(round((b - a).total_seconds() / 60))'
}
expect "minutes that the function's took" "$(took "$SHIFT")" 2880
between "minutes that the service's took" "$(took "$ID")" 3015 3050
send 50 80
expect "responses of 2.0.0 out of 50" "$(count 2.0.0)" 50

say "6. Clean up"
clean_up_and_look
trap - EXIT
kill "$CLOUD_PID" && wait "$CLOUD_PID"
grep '^headgate local:' "$LOG" && fail "the local cloud complained"
rm -f "$LOG"

printf '\nAll steps passed.\n'
