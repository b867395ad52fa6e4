# Sourced by the recipes 002, after checks.sh: what they deploy, made with the stock AWS CLI, and its removal. Wants
# HEALTH_SECONDS, the interval of the load balancer's health checks, and CONTAINER_CHECK, the containers' own or nothing.
# A command that fails inside $(...) stops the script too.
shopt -s inherit_errexit
PARTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

CLUSTER=deployment-cluster-$SUFFIX
SERVICE=web-service-$SUFFIX
FUNCTION=api-function-$SUFFIX
BALANCER=deployment-alb-$SUFFIX
REPOSITORY=web-app-$SUFFIX
ECS_APP=ecs-deployment-$SUFFIX
LAMBDA_APP=lambda-deployment-$SUFFIX
GROUP=production
EXECUTION_ROLE=ECSExecutionRole-$SUFFIX
CODEDEPLOY_ROLE=CodeDeployRole-$SUFFIX
LAMBDA_ROLE=LambdaRole-$SUFFIX
HOOK_ROLE=HookRole-$SUFFIX
# AWSCodeDeployRoleForLambda allows hooks of this name alone, and AWSCodeDeployRoleForECSLimited topics of that name too.
HOOK=CodeDeployHook
TOPIC=CodeDeployTopic_$SUFFIX
EVENTS=/aws/events/deployments-$SUFFIX
RULE=deployments-$SUFFIX
LOGS_POLICY=events-to-logs-$SUFFIX
DASHBOARD=Blue-Green-Deployments-$SUFFIX
BASE_IMAGE=${BASE_IMAGE:-public.ecr.aws/docker/library/node:24-alpine}
WORK=$(mktemp -d)
BALANCER_ARN="" BALANCER_SG="" TASK_SG="" CLUSTER_MADE="" TOPIC_ARN="" USERS=""
GROUPS_MADE=()
CONFIGS_MADE=()
ALARMS_MADE=()

trust() { # trust SERVICE
  printf '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"sts:AssumeRole"}]}' "$1"
}
role_arn() { printf 'arn:aws:iam::%s:role/%s' "$ACCOUNT" "$1"; }
refused() { # refused COMMAND... : prints the code of the error
  "$@" > /dev/null 2> "$WORK/error" && return 1
  sed -n 's/.*An error occurred (\([A-Za-z.]*\)).*/\1/p' "$WORK/error"
}
is() { # is WANTED COMMAND... : what the command prints
  local wanted=$1
  shift
  [ "$("$@")" = "$wanted" ]
}

# Exact: outside of these counts a binomial variable is once in a million times.
bounds() { # bounds COUNT SHARE: prints the least and the most
  python3 - "$1" "$2" <<'PY'
import sys
from math import exp, lgamma, log
n, p = int(sys.argv[1]), float(sys.argv[2])
ways = lambda k: lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
weights = [exp(ways(k) + k * log(p) + (n - k) * log(1 - p)) for k in range(n + 1)]
low, below = 0, weights[0]
while below < 5e-7: low += 1; below += weights[low]
high, above = n, weights[n]
while above < 5e-7: high -= 1; above += weights[high]
print(low, high)
PY
}
shared() { # shared WHAT GOT COUNT SHARE
  # shellcheck disable=SC2046 # Two words.
  between "$1 out of $3" "$2" $(bounds "$3" "$4")
}

create_network() {
  VPC=$(aws ec2 describe-vpcs --filters Name=is-default,Values=true --query 'Vpcs[0].VpcId' --output text)
  read -r SUBNET_1 SUBNET_2 < <(aws ec2 describe-subnets --filters "Name=vpc-id,Values=$VPC" \
    --query 'Subnets[0:2].SubnetId' --output text)
  BALANCER_SG=$(aws ec2 create-security-group --group-name "$BALANCER-sg" --description "Security group for ALB" \
    --vpc-id "$VPC" --query GroupId --output text)
  TASK_SG=$(aws ec2 create-security-group --group-name "$SERVICE-sg" --description "Security group for ECS tasks" \
    --vpc-id "$VPC" --query GroupId --output text)
  for port in 80 8080; do
    aws ec2 authorize-security-group-ingress --group-id "$BALANCER_SG" --protocol tcp --port "$port" --cidr 0.0.0.0/0 > /dev/null
  done
  aws ec2 authorize-security-group-ingress --group-id "$TASK_SG" --protocol tcp --port 8080 --source-group "$BALANCER_SG" > /dev/null
  BALANCER_ARN=$(aws elbv2 create-load-balancer --name "$BALANCER" --subnets "$SUBNET_1" "$SUBNET_2" \
    --security-groups "$BALANCER_SG" --query 'LoadBalancers[0].LoadBalancerArn' --output text)
  BLUE=$(target_group blue); GROUPS_MADE+=("$BLUE")
  GREEN=$(target_group green); GROUPS_MADE+=("$GREEN")
  for group in "$BLUE" "$GREEN"; do
    aws elbv2 modify-target-group-attributes --target-group-arn "$group" \
      --attributes Key=deregistration_delay.timeout_seconds,Value=5 > /dev/null
  done
  LISTENER=$(listener 80)
  TEST_LISTENER=$(listener 8080)
  until_true "the load balancer is active" 300 is active aws elbv2 describe-load-balancers \
    --load-balancer-arns "$BALANCER_ARN" --query 'LoadBalancers[0].State.Code' --output text
  DNS=$(aws elbv2 describe-load-balancers --load-balancer-arns "$BALANCER_ARN" --query 'LoadBalancers[0].DNSName' --output text)
  # The address of the other listener has its port. On the local cloud all share one, and the path tells them apart,
  # which also serves programs that do not find names under .localhost.
  if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
    PROD_URL=$AWS_ENDPOINT_URL/_aws/elb/${DNS%%.*}
  else
    PROD_URL=http://$DNS
  fi
  TEST_URL=$PROD_URL:8080
}
target_group() { # target_group COLOUR: prints its ARN
  aws elbv2 create-target-group --name "$SERVICE-$1" --protocol HTTP --port 8080 --vpc-id "$VPC" --target-type ip \
    --health-check-path /health --health-check-interval-seconds "$HEALTH_SECONDS" --health-check-timeout-seconds 2 \
    --healthy-threshold-count 2 --unhealthy-threshold-count 2 --query 'TargetGroups[0].TargetGroupArn' --output text
}
listener() { # listener PORT: both lead to blue at first
  aws elbv2 create-listener --load-balancer-arn "$BALANCER_ARN" --protocol HTTP --port "$1" \
    --default-actions "Type=forward,TargetGroupArn=$BLUE" --query 'Listeners[0].ListenerArn' --output text
}

create_roles() {
  local managed=arn:aws:iam::aws:policy
  create_role "$EXECUTION_ROLE" ecs-tasks.amazonaws.com "$managed/service-role/AmazonECSTaskExecutionRolePolicy"
  create_role "$CODEDEPLOY_ROLE" codedeploy.amazonaws.com "$managed/AWSCodeDeployRoleForECS" "$managed/service-role/AWSCodeDeployRoleForLambda"
  create_role "$LAMBDA_ROLE" lambda.amazonaws.com "$managed/service-role/AWSLambdaBasicExecutionRole"
  create_role "$HOOK_ROLE" lambda.amazonaws.com "$managed/service-role/AWSLambdaBasicExecutionRole"
  # Without the first of these a hook never reports, and its deployment fails after an hour.
  aws iam put-role-policy --role-name "$HOOK_ROLE" --policy-name hooks --policy-document '{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["codedeploy:PutLifecycleEventHookExecutionStatus","codedeploy:ListDeploymentTargets",
      "codedeploy:GetDeploymentTarget","ecs:DescribeServices","cloudwatch:PutMetricData"],"Resource":"*"},
    {"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:'"$REGION:$ACCOUNT:function:$FUNCTION"':*"}]}'
}
create_role() { # create_role NAME SERVICE POLICY_ARN...
  local name=$1 service=$2
  shift 2
  aws iam create-role --role-name "$name" --assume-role-policy-document "$(trust "$service")" > /dev/null
  for arn in "$@"; do aws iam attach-role-policy --role-name "$name" --policy-arn "$arn"; done
}

create_images() { # create_images VERSION[=FAULT]... : a repository with an image of each
  local uri tool builder="" plain=() headgate=(npx headgate)
  uri=$(aws ecr create-repository --repository-name "$REPOSITORY" --query repository.repositoryUri --output text)
  printf '%s\n' "$uri" > "$WORK/repository"
  cp -r "$PARTS/web" "$WORK/web"
  printf 'FROM %s\nWORKDIR /app\nCOPY *.mjs version.json ./\nUSER 1000\nEXPOSE 8080\nENTRYPOINT ["node", "server.mjs"]\n' \
    "$BASE_IMAGE" > "$WORK/web/Dockerfile"
  for tool in docker podman; do
    command -v "$tool" > /dev/null && timeout 20 "$tool" info > /dev/null 2>&1 &&
      { "$tool" image inspect "$BASE_IMAGE" > /dev/null 2>&1 || timeout 120 "$tool" pull -q "$BASE_IMAGE" > /dev/null 2>&1; } &&
      builder=$tool && break
  done
  [ -n "$builder${AWS_ENDPOINT_URL:-}" ] || fail "neither docker nor podman answers and has $BASE_IMAGE"
  command -v headgate > /dev/null && headgate=(headgate)
  # The local registry speaks plain http, which only podman has to be told.
  [ "$builder" = podman ] && [ -n "${AWS_ENDPOINT_URL:-}" ] && plain=(--tls-verify=false)
  [ -z "$builder" ] || aws ecr get-login-password |
    "$builder" login "${plain[@]}" --username AWS --password-stdin "${uri%%/*}" > /dev/null
  for version in "$@"; do
    printf '{"version":"%s","fault":"%s"}\n' "${version%%=*}" "$(cut -s -d= -f2 <<< "$version")" > "$WORK/web/version.json"
    if [ -n "$builder" ]; then
      "$builder" build -q -t "$uri:${version%%=*}" "$WORK/web" > /dev/null
      "$builder" push -q "${plain[@]}" "$uri:${version%%=*}" > /dev/null
      "$builder" rmi "$uri:${version%%=*}" > /dev/null
    else
      "${headgate[@]}" local image build "$WORK/web" --repository "$REPOSITORY" --tag "${version%%=*}" \
        --entrypoint "node server.mjs" > /dev/null
    fi
  done
  printf 'images built by %s\n' "${builder:-headgate local image build}"
}

create_cluster() {
  aws ecs create-cluster --cluster-name "$CLUSTER" --settings name=containerInsights,value=enabled > /dev/null
  aws logs create-log-group --log-group-name "/ecs/$SERVICE"
  aws logs put-retention-policy --log-group-name "/ecs/$SERVICE" --retention-in-days 7
}
define() { # define VERSION: registers a task definition of that image and prints its ARN
  local uri
  uri=$(cat "$WORK/repository")
  cat > "$WORK/task-$1.json" <<JSON
{
  "family": "$SERVICE",
  "networkMode": "awsvpc",
  "requiresCompatibilities": ["FARGATE"],
  "cpu": "256",
  "memory": "512",
  "executionRoleArn": "$(role_arn "$EXECUTION_ROLE")",
  "containerDefinitions": [
    {
      "name": "web-app",
      "image": "$uri:$1",
      "essential": true,
      "portMappings": [{ "containerPort": 8080, "protocol": "tcp" }],
      "environment": [{ "name": "PORT", "value": "8080" }],
      "logConfiguration": {
        "logDriver": "awslogs",
        "options": { "awslogs-group": "/ecs/$SERVICE", "awslogs-region": "$REGION", "awslogs-stream-prefix": "ecs" }
      }$CONTAINER_CHECK
    }
  ]
}
JSON
  aws ecs register-task-definition --cli-input-json "file://$WORK/task-$1.json" \
    --query taskDefinition.taskDefinitionArn --output text
}
create_service() { # create_service TASK_DEFINITION: as CodeDeploy wants it; the controller cannot be changed later
  aws ecs create-service --cluster "$CLUSTER" --service-name "$SERVICE" --task-definition "$1" --desired-count 2 \
    --launch-type FARGATE --deployment-controller type=CODE_DEPLOY --health-check-grace-period-seconds 30 \
    --network-configuration "awsvpcConfiguration={subnets=[$SUBNET_1,$SUBNET_2],securityGroups=[$TASK_SG],assignPublicIp=ENABLED}" \
    --load-balancers "targetGroupArn=$BLUE,containerName=web-app,containerPort=8080" > "$WORK/service" 2> "$WORK/error" && return 0
  # A new role cannot be assumed at once.
  grep -q "assume role" "$WORK/error" || fail "$(cat "$WORK/error")"
  return 1
}
service() { aws ecs describe-services --cluster "$CLUSTER" --services "$SERVICE" --query "services[0].$1" --output text; }
healthy() { # healthy TARGET_GROUP: how many of its targets
  aws elbv2 describe-target-health --target-group-arn "$1" \
    --query "length(TargetHealthDescriptions[?TargetHealth.State=='healthy'])"
}
# The groups of a listener with their weights: "blue 60,green 40".
weights() { # weights LISTENER_ARN
  aws elbv2 describe-listeners --listener-arns "$1" --output text \
    --query 'Listeners[0].DefaultActions[0].ForwardConfig.TargetGroups[].[TargetGroupArn, Weight]' |
    sed "s|[^ ]*targetgroup/$SERVICE-\([a-z]*\)/[0-9a-f]*|\1|" | sort | tr '\t\n' ' ,' | sed 's/,$//'
}

# create_function NAME FOLDER HANDLER ROLE [MORE...]
create_function() {
  local name=$1 folder=$2 handler=$3 role=$4
  shift 4
  (cd "$PARTS/$folder" && python3 -m zipfile -c "$WORK/$name.zip" index.mjs)
  until_true "function $name is created" 60 try_create "$name" "$handler" "$role" "$@"
  until_true "function $name is active" 60 is Active aws lambda get-function-configuration --function-name "$name" \
    --query State --output text
}
try_create() {
  local name=$1 handler=$2 role=$3
  shift 3
  aws lambda create-function --function-name "$name" --runtime nodejs24.x --handler "$handler" --timeout 60 \
    --role "$(role_arn "$role")" --zip-file "fileb://$WORK/$name.zip" "$@" > /dev/null 2> "$WORK/$name.error" &&
    printf '%s\n' "$name" >> "$WORK/functions" && return 0
  grep -q "cannot be assumed" "$WORK/$name.error" || fail "$(cat "$WORK/$name.error")"
  return 1
}
publish() { # publish VERSION [FAULT]: the function with these settings, as a version; prints its number
  aws lambda update-function-configuration --function-name "$FUNCTION" \
    --environment '{"Variables":{"VERSION":"'"$1"'","FAULT":"'"${2:-}"'"}}' > /dev/null
  # Publishing while the update goes on is refused.
  until_true "the update is done" 60 is Successful aws lambda get-function-configuration --function-name "$FUNCTION" \
    --query LastUpdateStatus --output text >&2
  aws lambda publish-version --function-name "$FUNCTION" --query Version --output text
}
alias_leads_to() { # "1", or "1 with 2 at 0.4"
  aws lambda get-alias --function-name "$FUNCTION" --name PROD --output json |
    python3 -c 'import json,sys; a=json.load(sys.stdin); w=(a.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}; print(a["FunctionVersion"] + "".join(f" with {v} at {s}" for v, s in w.items()))'
}

# deploy APPLICATION APPSPEC [MORE...]: creates a deployment of an AppSpec as text, not base64, and prints its id
deploy() {
  local application=$1
  shift
  printf '%s' "$1" | python3 -c 'import json,sys; print(json.dumps({"revisionType": "AppSpecContent", "appSpecContent": {"content": sys.stdin.read()}}))' \
    > "$WORK/revision-$application.json"
  shift
  aws deploy create-deployment --application-name "$application" --deployment-group-name "$GROUP" \
    --revision "file://$WORK/revision-$application.json" --query deploymentId --output text "$@"
}
ecs_appspec() { # ecs_appspec TASK_DEFINITION [HOOKS]
  printf '{"version":0.0,"Resources":[{"TargetService":{"Type":"AWS::ECS::Service","Properties":{"TaskDefinition":"%s","LoadBalancerInfo":{"ContainerName":"web-app","ContainerPort":8080}}}}],"Hooks":[%s]}' "$1" "${2:-}"
}
lambda_appspec() { # lambda_appspec FROM TO [HOOKS]
  printf '{"version":0.0,"Resources":[{"api":{"Type":"AWS::Lambda::Function","Properties":{"Name":"%s","Alias":"PROD","CurrentVersion":"%s","TargetVersion":"%s"}}}],"Hooks":[%s]}' "$FUNCTION" "$1" "$2" "${3:-}"
}
deployment() { aws deploy get-deployment --deployment-id "$1" --query "deploymentInfo.$2" --output text; }
events() { # events DEPLOYMENT TARGET [STATUS]: its lifecycle events that are so
  local kind=lambdaTarget
  [ "$2" = "$CLUSTER:$SERVICE" ] && kind=ecsTarget
  aws deploy get-deployment-target --deployment-id "$1" --target-id "$2" --output text \
    --query "deploymentTarget.$kind.lifecycleEvents[?status=='${3:-Succeeded}'].lifecycleEventName | join(',', @)"
}
blue_green() { # blue_green READY_MINUTES TERMINATION_MINUTES
  local ready='"actionOnTimeout":"CONTINUE_DEPLOYMENT"'
  [ "$1" -gt 0 ] && ready='"actionOnTimeout":"STOP_DEPLOYMENT","waitTimeInMinutes":'$1
  printf '{"deploymentReadyOption":{%s},"terminateBlueInstancesOnDeploymentSuccess":{"action":"TERMINATE","terminationWaitTimeInMinutes":%s}}' "$ready" "$2"
}
listeners_and_groups() {
  printf '{"targetGroupPairInfoList":[{"targetGroups":[{"name":"%s-blue"},{"name":"%s-green"}],"prodTrafficRoute":{"listenerArns":["%s"]},"testTrafficRoute":{"listenerArns":["%s"]}}]}' \
    "$SERVICE" "$SERVICE" "$LISTENER" "$TEST_LISTENER"
}
# Everything that a group of either platform has. MORE comes last.
create_group() { # create_group APPLICATION [MORE...]
  local application=$1
  shift
  aws deploy create-deployment-group --application-name "$application" --deployment-group-name "$GROUP" \
    --service-role-arn "$(role_arn "$CODEDEPLOY_ROLE")" \
    --deployment-style deploymentType=BLUE_GREEN,deploymentOption=WITH_TRAFFIC_CONTROL \
    --auto-rollback-configuration enabled=true,events=DEPLOYMENT_FAILURE,DEPLOYMENT_STOP_ON_ALARM,DEPLOYMENT_STOP_ON_REQUEST \
    --query deploymentGroupId --output text "$@"
}
create_linear() { # create_linear NAME PLATFORM PERCENT MINUTES
  aws deploy create-deployment-config --deployment-config-name "$1" --compute-platform "$2" > /dev/null \
    --traffic-routing-config "type=TimeBasedLinear,timeBasedLinear={linearPercentage=$3,linearInterval=$4}"
  CONFIGS_MADE+=("$1")
}

# What is not there is passed over.
clean_up() {
  set +e
  [ -n "$USERS" ] && kill "$USERS" && wait "$USERS"
  [ ! -s "$WORK/dashboard.json" ] || aws cloudwatch delete-dashboards --dashboard-names "$DASHBOARD"
  for application in "$ECS_APP" "$LAMBDA_APP"; do # Its groups go with it, and what still runs ends.
    aws deploy delete-application --application-name "$application"
  done
  for config in "${CONFIGS_MADE[@]}"; do aws deploy delete-deployment-config --deployment-config-name "$config"; done
  [ ${#ALARMS_MADE[@]} = 0 ] || aws cloudwatch delete-alarms --alarm-names "${ALARMS_MADE[@]}"
  clean_up_functions &
  local functions=$!
  clean_up_notices &
  local notices=$!
  if [ -n "$CLUSTER_MADE" ]; then
    # Deleting a service by force stops its tasks; it is gone when they are.
    aws ecs delete-service --cluster "$CLUSTER" --service "$SERVICE" --force > /dev/null
    for _ in $(seq 180); do
      [ "$(aws ecs list-tasks --cluster "$CLUSTER" --query 'length(taskArns)')" = 0 ] &&
        aws ecs delete-cluster --cluster "$CLUSTER" > /dev/null 2>&1 && break
      sleep 1
    done
    for arn in $(aws ecs list-task-definitions --family-prefix "$SERVICE" --query taskDefinitionArns --output text); do
      aws ecs deregister-task-definition --task-definition "$arn" > /dev/null
      aws ecs delete-task-definitions --task-definitions "$arn" > /dev/null
    done
    aws logs delete-log-group --log-group-name "/ecs/$SERVICE"
    aws ecr delete-repository --repository-name "$REPOSITORY" --force > /dev/null
    aws logs delete-log-group --log-group-name "/aws/ecs/containerinsights/$CLUSTER/performance" 2> /dev/null
  fi
  if [ -n "$BALANCER_ARN" ]; then # Its listeners go with it, and its interfaces a moment later.
    aws elbv2 delete-load-balancer --load-balancer-arn "$BALANCER_ARN"
    for group in "${GROUPS_MADE[@]}"; do until_deleted ResourceInUse aws elbv2 delete-target-group --target-group-arn "$group"; done
  fi
  for group in "$TASK_SG" "$BALANCER_SG"; do
    [ -n "$group" ] && until_deleted DependencyViolation aws ec2 delete-security-group --group-id "$group"
  done
  wait "$functions" "$notices"
  delete_role "$EXECUTION_ROLE" & local execution=$!
  delete_role "$CODEDEPLOY_ROLE"
  delete_role "$LAMBDA_ROLE"
  delete_role "$HOOK_ROLE"
  wait "$execution"
  rm -rf "$WORK"
  set -e
}
clean_up_functions() {
  touch "$WORK/functions"
  while read -r function; do
    aws lambda delete-function --function-name "$function" > /dev/null
    aws logs delete-log-group --log-group-name "/aws/lambda/$function" 2> /dev/null
  done < "$WORK/functions"
}
clean_up_notices() {
  [ -n "$TOPIC_ARN" ] || return
  aws events remove-targets --rule "$RULE" --ids 1 > /dev/null
  aws events delete-rule --name "$RULE"
  aws logs delete-log-group --log-group-name "$EVENTS"
  aws logs delete-resource-policy --policy-name "$LOGS_POLICY"
  aws sns delete-topic --topic-arn "$TOPIC_ARN"
}
delete_role() {
  for arn in $(aws iam list-attached-role-policies --role-name "$1" --query 'AttachedPolicies[].PolicyArn' --output text); do
    aws iam detach-role-policy --role-name "$1" --policy-arn "$arn"
  done
  for name in $(aws iam list-role-policies --role-name "$1" --query PolicyNames --output text); do
    aws iam delete-role-policy --role-name "$1" --policy-name "$name"
  done
  aws iam delete-role --role-name "$1"
}
until_deleted() { # until_deleted ERROR COMMAND... : AWS says so for a moment
  local error=$1
  shift
  for _ in $(seq 180); do
    "$@" > /dev/null 2> "$WORK/deleted" && return 0
    grep -q "$error" "$WORK/deleted" || break
    sleep 1
  done
  cat "$WORK/deleted" >&2
}

# Cleans up once more by itself, and looks everywhere.
clean_up_and_look() {
  local errors=$WORK.errors
  trap - EXIT
  clean_up 2> "$errors"
  [ ! -s "$errors" ] || fail "$(cat "$errors")"
  rm -f "$errors"
  expect "clusters left" "$(aws ecs list-clusters --query "length(clusterArns[?ends_with(@, '$CLUSTER')])")" 0
  for status in ACTIVE INACTIVE; do
    expect "task definitions left that are $status" "$(aws ecs list-task-definitions --family-prefix "$SERVICE" \
      --status "$status" --query 'length(taskDefinitionArns)')" 0
  done
  expect "applications left" "$(aws deploy list-applications --query "length(applications[?ends_with(@, '$SUFFIX')])")" 0
  expect "deployment configurations left" "$(aws deploy list-deployment-configs --query "length(deploymentConfigsList[?ends_with(@, '$SUFFIX')])")" 0
  expect "functions left" "$(aws lambda list-functions --query "length(Functions[?ends_with(FunctionName, '$SUFFIX')])")" 0
  expect "alarms left" "$(aws cloudwatch describe-alarms --query "length(MetricAlarms[?contains(AlarmName, '$SUFFIX')])")" 0
  expect "dashboards left" "$(aws cloudwatch list-dashboards --query "length(DashboardEntries[?ends_with(DashboardName, '$SUFFIX')])")" 0
  expect "rules left" "$(aws events list-rules --query "length(Rules[?ends_with(Name, '$SUFFIX')])")" 0
  expect "topics left" "$(aws sns list-topics --query "length(Topics[?ends_with(TopicArn, '$SUFFIX')])")" 0
  expect "load balancers left" "$(aws elbv2 describe-load-balancers --query "length(LoadBalancers[?LoadBalancerName=='$BALANCER'])")" 0
  expect "target groups left" "$(aws elbv2 describe-target-groups --query "length(TargetGroups[?starts_with(TargetGroupName, '$SERVICE')])")" 0
  expect "security groups left" "$(aws ec2 describe-security-groups --filters "Name=group-id,Values=$BALANCER_SG,$TASK_SG" --query 'length(SecurityGroups)')" 0
  expect "network interfaces left" "$(aws ec2 describe-network-interfaces --filters "Name=group-id,Values=$BALANCER_SG,$TASK_SG" --query 'length(NetworkInterfaces)')" 0
  expect "repositories left" "$(aws ecr describe-repositories --query "length(repositories[?repositoryName=='$REPOSITORY'])")" 0
  expect "log groups left" "$(aws logs describe-log-groups --query "length(logGroups[?contains(logGroupName, '$SUFFIX')])")" 0
  expect "roles left" "$(aws iam list-roles --query "length(Roles[?ends_with(RoleName, '$SUFFIX')])")" 0
}
