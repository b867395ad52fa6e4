#!/usr/bin/env bash
# A container service of ECS on Fargate behind an Application Load Balancer, made with the stock AWS CLI: network, roles,
# registry, cluster, service. It serves, loses a task, grows, takes a second image without losing a request, and goes.
#
#   headgate local start &
#   export AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
#   examples/recipes/002a-ecs-alb.sh
#
# Without AWS_ENDPOINT_URL it runs against AWS, in the default VPC. Every step checks what it did and stops the script when
# it is not so. It needs aws, curl and python3, takes under three minutes locally and leaves nothing behind. The images
# are built by docker or podman where one of them answers and can have BASE_IMAGE, else by `headgate local image build`,
# whose images have no base: they run where the local cloud runs tasks as processes.
#
# The usual edition of this walk-through does not work as it is printed. Mended here:
#  1. `npm ci` without a lock file fails, so the application needs Node.js alone.
#  2. Both images were the same program with the same settings. Here the image says which version it is.
#  3. The container's health check calls curl, which the image does not have: every task is replaced for ever. It is a
#     few lines of Node.js here. The load balancer's own check is every 5 seconds, and draining takes 5 and not 300.
#  4. create-log-group takes no retention: the group was missing, and so no task could start. Retention is a call of its own.
#  5. Nothing was waited for: a load balancer that is provisioning, a cluster, a service. The usual waiters do it.
#  6. The application keeps connections for longer than the load balancer (60 s), and ends what it answers on SIGTERM.
#  7. A load balancer's metrics go by `app/NAME/ID` with `targetgroup/NAME/ID`; the last part of an ARN alone finds nothing.
#  8. The clean-up goes in the order that AWS allows: the cluster after its tasks; the target groups after the load balancer;
#     the security group that names the other one first, and that one when the load balancer's interfaces are gone. The
#     task definitions, the log group and the policy go too, and it checks that all is gone.
# The service is updated by ECS itself here. For CodeDeploy it would be created with `--deployment-controller
# type=CODE_DEPLOY`: a service keeps its controller, and services-stable never comes true for such a one.
set -euo pipefail

source "$(dirname "$0")/checks.sh"

CLUSTER=deployment-cluster-$SUFFIX
SERVICE=web-service-$SUFFIX
BALANCER=deployment-alb-$SUFFIX
REPOSITORY=web-app-$SUFFIX
EXECUTION_ROLE=ECSExecutionRole-$SUFFIX
TASK_ROLE=ECSTaskRole-$SUFFIX
TASK_POLICY=ECSTaskPolicy-$SUFFIX
CODEDEPLOY_ROLE=CodeDeployRole-$SUFFIX
LAMBDA_ROLE=LambdaRole-$SUFFIX
BASE_IMAGE=${BASE_IMAGE:-public.ecr.aws/docker/library/node:24-alpine}
WORK=$(mktemp -d)
VPC="" BALANCER_ARN="" BALANCER_SG="" TASK_SG="" USERS="" CLUSTER_MADE=""
GROUPS_MADE=()
ROLES=("$EXECUTION_ROLE" "$TASK_ROLE" "$CODEDEPLOY_ROLE" "$LAMBDA_ROLE")

# Whatever is not there is passed over. What does not depend on each other goes side by side.
clean_up() {
  set +e
  [ -n "$USERS" ] && kill "$USERS" && wait "$USERS"
  [ -n "$CLUSTER_MADE" ] && delete_cluster &
  [ -n "$BALANCER_ARN" ] && delete_balancer &
  for role in "${ROLES[@]}"; do delete_role "$role" & done
  aws ecr delete-repository --repository-name "$REPOSITORY" --force > /dev/null &
  wait
  aws iam delete-policy --policy-arn "arn:aws:iam::$ACCOUNT:policy/$TASK_POLICY" &
  # What a task says at its end would make the group's streams anew.
  aws logs delete-log-group --log-group-name "/ecs/$SERVICE" &
  for group in "${GROUPS_MADE[@]}"; do aws elbv2 delete-target-group --target-group-arn "$group" & done
  for group in "$TASK_SG" "$BALANCER_SG"; do [ -n "$group" ] && delete_security_group "$group"; done
  wait
  rm -rf "$WORK"
  set -e
}
delete_cluster() {
  # By force, it stops its tasks; the cluster can go when they have gone.
  aws ecs delete-service --cluster "$CLUSTER" --service "$SERVICE" --force > /dev/null
  for _ in $(seq 180); do
    aws ecs delete-cluster --cluster "$CLUSTER" > /dev/null 2> "$WORK/cluster" && break
    grep -q ClusterContains "$WORK/cluster" || break
    sleep 1
  done
  local definitions
  definitions=$(aws ecs list-task-definitions --family-prefix "$SERVICE" --query taskDefinitionArns --output text)
  for arn in $definitions; do aws ecs deregister-task-definition --task-definition "$arn" > /dev/null; done
  # shellcheck disable=SC2086 # One argument each.
  aws ecs delete-task-definitions --task-definitions $definitions > /dev/null
}
delete_balancer() { # Its listeners go with it.
  aws elbv2 delete-load-balancer --load-balancer-arn "$BALANCER_ARN"
  aws elbv2 wait load-balancers-deleted --load-balancer-arns "$BALANCER_ARN"
}
delete_role() {
  for arn in $(aws iam list-attached-role-policies --role-name "$1" --query 'AttachedPolicies[].PolicyArn' --output text); do
    aws iam detach-role-policy --role-name "$1" --policy-arn "$arn"
  done
  aws iam delete-role --role-name "$1"
}
delete_security_group() { # The interfaces of a load balancer or a task outlive it for a moment.
  for _ in $(seq 180); do
    aws ec2 delete-security-group --group-id "$1" > /dev/null 2> "$WORK/deleted" && return 0
    grep -q DependencyViolation "$WORK/deleted" || break
    sleep 1
  done
  cat "$WORK/deleted" >&2
}
# A step that fails must not leave things behind that cost money.
trap 'clean_up 2>/dev/null' EXIT

refused() { # refused COMMAND... : prints the code of the error
  "$@" > /dev/null 2> "$WORK/error" && return 1
  sed -n 's/.*An error occurred (\([A-Za-z.]*\)).*/\1/p' "$WORK/error"
}

say "1. Network: the default VPC, security groups, a load balancer with two target groups and two listeners"
VPC=$(aws ec2 describe-vpcs --filters Name=is-default,Values=true --query 'Vpcs[0].VpcId' --output text)
read -r SUBNET_1 SUBNET_2 < <(aws ec2 describe-subnets --filters "Name=vpc-id,Values=$VPC" \
  --query 'Subnets[0:2].SubnetId' --output text)
security_group() { # security_group NAME DESCRIPTION
  aws ec2 create-security-group --group-name "$1" --description "$2" --vpc-id "$VPC" --query GroupId --output text
}
BALANCER_SG=$(security_group "$BALANCER-sg" "Security group for ALB")
for port in 80 443; do
  aws ec2 authorize-security-group-ingress --group-id "$BALANCER_SG" --protocol tcp --port "$port" --cidr 0.0.0.0/0 > /dev/null
done
TASK_SG=$(security_group "$SERVICE-sg" "Security group for ECS tasks")
aws ec2 authorize-security-group-ingress --group-id "$TASK_SG" --protocol tcp --port 8080 --source-group "$BALANCER_SG" > /dev/null
expect "the ports that are open to all" "$(aws ec2 describe-security-groups --group-ids "$BALANCER_SG" \
  --query 'join(`,`, sort(SecurityGroups[0].IpPermissions[].to_string(FromPort)))' --output text)" 443,80
expect "who reaches the tasks" "$(aws ec2 describe-security-groups --group-ids "$TASK_SG" \
  --query 'SecurityGroups[0].IpPermissions[].UserIdGroupPairs[].GroupId' --output text)" "$BALANCER_SG"
BALANCER_ARN=$(aws elbv2 create-load-balancer --name "$BALANCER" --subnets "$SUBNET_1" "$SUBNET_2" \
  --security-groups "$BALANCER_SG" --scheme internet-facing --type application --ip-address-type ipv4 \
  --query 'LoadBalancers[0].LoadBalancerArn' --output text)
aws elbv2 wait load-balancer-available --load-balancer-arns "$BALANCER_ARN"
DNS=$(aws elbv2 describe-load-balancers --load-balancer-arns "$BALANCER_ARN" --query 'LoadBalancers[0].DNSName' --output text)
target_group() { # target_group COLOUR: prints its ARN
  aws elbv2 create-target-group --name "$SERVICE-$1" --protocol HTTP --port 8080 --vpc-id "$VPC" --target-type ip \
    --health-check-path /health --health-check-interval-seconds 5 --health-check-timeout-seconds 2 \
    --healthy-threshold-count 2 --unhealthy-threshold-count 2 --query 'TargetGroups[0].TargetGroupArn' --output text
}
BLUE=$(target_group blue); GROUPS_MADE+=("$BLUE")
GREEN=$(target_group green); GROUPS_MADE+=("$GREEN")
for group in "$BLUE" "$GREEN"; do
  aws elbv2 modify-target-group-attributes --target-group-arn "$group" \
    --attributes Key=deregistration_delay.timeout_seconds,Value=5 > /dev/null
done
listener() { # listener PORT TARGET_GROUP
  aws elbv2 create-listener --load-balancer-arn "$BALANCER_ARN" --protocol HTTP --port "$1" \
    --default-actions "Type=forward,TargetGroupArn=$2" --query 'Listeners[0].ListenerArn' --output text
}
LISTENER=$(listener 80 "$BLUE")
TEST_LISTENER=$(listener 8080 "$GREEN")
expect "the ports that the load balancer listens on" "$(aws elbv2 describe-listeners --load-balancer-arn "$BALANCER_ARN" \
  --query 'join(`,`, sort(Listeners[].to_string(Port)))' --output text)" 80,8080
expect "what the test listener leads to" "$(aws elbv2 describe-rules --listener-arn "$TEST_LISTENER" \
  --query 'Rules[0].Actions[0].TargetGroupArn' --output text)" "$GREEN"
status() { curl -s -o /dev/null -w '%{http_code}' --max-time 10 "http://$DNS$1" || true; }
answers() { [ "$(status "$1")" = "$2" ]; }
until_true "the load balancer answers, with no target yet" 180 answers / 503

say "2. Roles for the tasks and for what starts them, for CodeDeploy and for functions"
trust() { # trust SERVICE
  printf '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"sts:AssumeRole"}]}' "$1"
}
create_role() { # create_role NAME SERVICE POLICY_ARN... : prints its ARN
  local name=$1 service=$2
  shift 2
  aws iam create-role --role-name "$name" --assume-role-policy-document "$(trust "$service")" --query Role.Arn --output text
  for arn in "$@"; do aws iam attach-role-policy --role-name "$name" --policy-arn "$arn"; done
}
MANAGED=arn:aws:iam::aws:policy
TASK_POLICY_ARN=$(aws iam create-policy --policy-name "$TASK_POLICY" --query Policy.Arn --output text --policy-document \
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudwatch:PutMetricData","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}')
EXECUTION_ROLE_ARN=$(create_role "$EXECUTION_ROLE" ecs-tasks.amazonaws.com "$MANAGED/service-role/AmazonECSTaskExecutionRolePolicy")
TASK_ROLE_ARN=$(create_role "$TASK_ROLE" ecs-tasks.amazonaws.com "$TASK_POLICY_ARN")
create_role "$CODEDEPLOY_ROLE" codedeploy.amazonaws.com "$MANAGED/AWSCodeDeployRoleForECS" \
  "$MANAGED/service-role/AWSCodeDeployRoleForLambda" > /dev/null
create_role "$LAMBDA_ROLE" lambda.amazonaws.com "$MANAGED/service-role/AWSLambdaBasicExecutionRole" > /dev/null
policies() {
  aws iam list-attached-role-policies --role-name "$1" --query 'join(`,`, sort(AttachedPolicies[].PolicyName))' --output text
}
expect "the execution role's policies" "$(policies "$EXECUTION_ROLE")" AmazonECSTaskExecutionRolePolicy
expect "the task role's policies" "$(policies "$TASK_ROLE")" "$TASK_POLICY"
expect "CodeDeploy's policies" "$(policies "$CODEDEPLOY_ROLE")" AWSCodeDeployRoleForECS,AWSCodeDeployRoleForLambda

say "3. A repository with two images"
REPOSITORY_URI=$(aws ecr create-repository --repository-name "$REPOSITORY" --query repository.repositoryUri --output text)
mkdir "$WORK/app"
cat > "$WORK/app/server.js" <<'JS'
const { createServer } = require("node:http");
const { version } = require("./version.json");

const pages = {
  "/health": () => ({ status: "healthy", version, uptime: process.uptime() }),
  "/": () => ({ message: "Blue-Green Deployment Demo", version, environment: process.env.ENVIRONMENT }),
};
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  const page = pages[pathname];
  if (pathname === "/") console.log(`request ${request.url} version ${version}`);
  response.writeHead(page === undefined ? 404 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify(page === undefined ? { error: "not found" } : page()));
});
// Longer than the load balancer's 60 seconds: it must never send a request into a connection that closes.
server.keepAliveTimeout = 65_000;
server.listen(process.env.PORT ?? 8080, () => console.log(`started version ${version}`));
process.on("SIGTERM", () => {
  console.log("SIGTERM: ends when everybody has an answer");
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
JS
cat > "$WORK/app/health.js" <<'JS'
const { get } = require("node:http");

const request = get(`http://localhost:${process.env.PORT ?? 8080}/health`, { timeout: 2000 }, ({ statusCode }) => {
  process.exit(statusCode === 200 ? 0 : 1);
});
request.on("timeout", () => process.exit(1));
request.on("error", () => process.exit(1));
JS
cat > "$WORK/app/Dockerfile" <<DOCKER
FROM $BASE_IMAGE
WORKDIR /app
COPY server.js health.js version.json ./
USER 1000
EXPOSE 8080
ENTRYPOINT ["node", "server.js"]
DOCKER
BUILDER=""
for tool in docker podman; do
  command -v "$tool" > /dev/null && timeout 20 "$tool" info > /dev/null 2>&1 &&
    { "$tool" image inspect "$BASE_IMAGE" > /dev/null 2>&1 || timeout 120 "$tool" pull -q "$BASE_IMAGE" > /dev/null 2>&1; } &&
    BUILDER=$tool && break
done
[ -n "$BUILDER$AWS_ENDPOINT_URL" ] || fail "neither docker nor podman answers and has $BASE_IMAGE"
# The local registry speaks plain http, which only podman has to be told.
PLAIN=()
[ "$BUILDER" = podman ] && [ -n "${AWS_ENDPOINT_URL:-}" ] && PLAIN=(--tls-verify=false)
[ -z "$BUILDER" ] || aws ecr get-login-password |
  "$BUILDER" login "${PLAIN[@]}" --username AWS --password-stdin "${REPOSITORY_URI%%/*}" > /dev/null
HEADGATE=(npx headgate)
command -v headgate > /dev/null && HEADGATE=(headgate)
build_and_push() { # build_and_push VERSION
  printf '{"version":"%s"}\n' "$1" > "$WORK/app/version.json"
  if [ -n "$BUILDER" ]; then
    "$BUILDER" build -q -t "$REPOSITORY_URI:$1" "$WORK/app" > /dev/null
    "$BUILDER" push -q "${PLAIN[@]}" "$REPOSITORY_URI:$1" > /dev/null
    "$BUILDER" rmi "$REPOSITORY_URI:$1" > /dev/null
  else
    "${HEADGATE[@]}" local image build "$WORK/app" --repository "$REPOSITORY" --tag "$1" --entrypoint "node server.js" > /dev/null
  fi
}
build_and_push 1.0.0
build_and_push 2.0.0
printf 'built by %s\n' "${BUILDER:-headgate local image build}"
expect "the tags in the repository" "$(aws ecr describe-images --repository-name "$REPOSITORY" \
  --query 'join(`,`, sort(imageDetails[].imageTags[]))' --output text)" 1.0.0,2.0.0
digest() {
  aws ecr describe-images --repository-name "$REPOSITORY" --image-ids "imageTag=$1" --query 'imageDetails[0].imageDigest' --output text
}
DIGEST_1=$(digest 1.0.0)
DIGEST_2=$(digest 2.0.0)
[ "$DIGEST_1" != "$DIGEST_2" ] || fail "both images are $DIGEST_1"

say "4. Cluster, log group, task definition, service"
aws ecs create-cluster --cluster-name "$CLUSTER" --capacity-providers FARGATE \
  --default-capacity-provider-strategy capacityProvider=FARGATE,weight=1 > /dev/null
CLUSTER_MADE=yes
cluster_is() { [ "$(aws ecs describe-clusters --clusters "$CLUSTER" --query 'clusters[0].status' --output text)" = "$1" ]; }
until_true "the cluster is active" 60 cluster_is ACTIVE
aws logs create-log-group --log-group-name "/ecs/$SERVICE"
aws logs put-retention-policy --log-group-name "/ecs/$SERVICE" --retention-in-days 7
expect "days that logs are kept" "$(aws logs describe-log-groups --log-group-name-prefix "/ecs/$SERVICE" \
  --query 'logGroups[0].retentionInDays')" 7
task_definition() { # task_definition VERSION COLOUR: prints the ARN of the new revision
  cat > "$WORK/task.json" <<JSON
{
  "family": "$SERVICE",
  "networkMode": "awsvpc",
  "requiresCompatibilities": ["FARGATE"],
  "cpu": "256",
  "memory": "512",
  "executionRoleArn": "$EXECUTION_ROLE_ARN",
  "taskRoleArn": "$TASK_ROLE_ARN",
  "containerDefinitions": [
    {
      "name": "web-app",
      "image": "$REPOSITORY_URI:$1",
      "essential": true,
      "portMappings": [{ "containerPort": 8080, "protocol": "tcp" }],
      "environment": [{ "name": "ENVIRONMENT", "value": "$2" }, { "name": "PORT", "value": "8080" }],
      "logConfiguration": {
        "logDriver": "awslogs",
        "options": { "awslogs-group": "/ecs/$SERVICE", "awslogs-region": "$REGION", "awslogs-stream-prefix": "ecs" }
      },
      "healthCheck": { "command": ["CMD", "node", "health.js"], "interval": 5, "timeout": 3, "retries": 3, "startPeriod": 10 }
    }
  ]
}
JSON
  aws ecs register-task-definition --cli-input-json "file://$WORK/task.json" \
    --query taskDefinition.taskDefinitionArn --output text
}
DEFINITION_1=$(task_definition 1.0.0 blue)
# A new role cannot be assumed at once.
create_service() {
  aws ecs create-service --cluster "$CLUSTER" --service-name "$SERVICE" --task-definition "$SERVICE" --desired-count 2 \
    --launch-type FARGATE --health-check-grace-period-seconds 30 \
    --network-configuration "awsvpcConfiguration={subnets=[$SUBNET_1,$SUBNET_2],securityGroups=[$TASK_SG],assignPublicIp=ENABLED}" \
    --load-balancers "targetGroupArn=$BLUE,containerName=web-app,containerPort=8080" \
    --deployment-configuration "maximumPercent=200,minimumHealthyPercent=100,deploymentCircuitBreaker={enable=true,rollback=true}" \
    > "$WORK/service" 2> "$WORK/error" && return 0
  grep -q "assume role" "$WORK/error" || fail "$(cat "$WORK/error")"
  return 1
}
until_true "the service is created" 60 create_service
aws ecs wait services-stable --cluster "$CLUSTER" --services "$SERVICE"
# service QUERY: of the service as it is now.
service() { aws ecs describe-services --cluster "$CLUSTER" --services "$SERVICE" --query "services[0].$1" --output text; }
expect "desired, pending and running tasks" "$(service '[desiredCount, pendingCount, runningCount]')" "2	0	2"
expect "the revision that serves" "$(service taskDefinition)" "$DEFINITION_1"
expect "what keeps the service as it should be" "$(aws ecs describe-services --cluster "$CLUSTER" --services "$SERVICE" \
  --query 'not_null(services[0].deploymentController.type, `ECS`)' --output text)" ECS

say "5. It serves"
healthy() { # healthy TARGET_GROUP: how many of its targets
  aws elbv2 describe-target-health --target-group-arn "$1" \
    --query "length(TargetHealthDescriptions[?TargetHealth.State=='healthy'])"
}
has_healthy() { [ "$(healthy "$1")" = "$2" ]; }
until_true "both targets are healthy" 60 has_healthy "$BLUE" 2
expect "targets of the other group" "$(healthy "$GREEN")" 0
# send COUNT: that many requests over one connection; bodies, a line each, in $WORK/bodies.
send() { curl -s -w '\n' "http://$DNS/?n=[1-$1]" > "$WORK/bodies" || true; }
count() { grep -c "\"version\":\"$1\"" "$WORK/bodies" || true; }
send 100
expect "responses of version 1 out of 100" "$(count 1.0.0)" 100
tasks() { # tasks QUERY: of the tasks that run or start
  local arns
  arns=$(aws ecs list-tasks --cluster "$CLUSTER" --service-name "$SERVICE" --query 'taskArns' --output text)
  # shellcheck disable=SC2086 # One argument each.
  aws ecs describe-tasks --cluster "$CLUSTER" --tasks $arns --query "$1" --output text
}
checked() { [ "$(tasks 'length(tasks[?healthStatus==`HEALTHY`])')" = "$1" ]; }
until_true "both containers pass their own check" 60 checked 2
expect "the image that runs" "$(tasks 'tasks[].containers[].imageDigest' | tr '\t' '\n' | sort -u)" "$DIGEST_1"
addresses() { tasks 'tasks[].attachments[].details[?name==`privateIPv4Address`].value[]' | tr '\t' '\n' | sort; }
expect "the registered addresses" "$(aws elbv2 describe-target-health --target-group-arn "$BLUE" \
  --query 'TargetHealthDescriptions[].Target.Id' --output text | tr '\t' '\n' | sort)" "$(addresses)"
logged() { # logged TEXT: lines of the service's tasks
  aws logs filter-log-events --log-group-name "/ecs/$SERVICE" --filter-pattern "\"$1\"" --query 'length(events)'
}
has_logged() { [ "$(logged "$1")" -ge "$2" ]; }
until_true "both tasks have logged their start" 60 has_logged "started version 1.0.0" 2
until_true "100 requests are logged" 60 has_logged "request /?n=" 100
FIRST=$(tasks 'tasks[0].taskArn')
expect "the log stream of a task" "$(aws logs describe-log-streams --log-group-name "/ecs/$SERVICE" \
  --log-stream-name-prefix "ecs/web-app/${FIRST##*/}" --query 'length(logStreams)')" 1

say "6. A task is stopped, and another one takes its place"
# Users go on from here to the end of the update, ten at a time; every answer's status and body is kept.
users() {
  trap 'exit 0' TERM
  while :; do
    curl -s -w '\n%{http_code}\n' --max-time 20 "http://$DNS/?user=[1-10]" >> "$WORK/users" || echo "curl $?" >> "$WORK/users"
    sleep 0.2 &
    wait $!
  done
}
users &
USERS=$!
aws ecs stop-task --cluster "$CLUSTER" --task "$FIRST" --reason "to see what happens" > /dev/null
has_replaced() {
  tasks 'tasks[?lastStatus==`RUNNING`].taskArn' > "$WORK/now"
  [ "$(wc -w < "$WORK/now")" = 2 ] && ! grep -q "$FIRST" "$WORK/now"
}
until_true "two tasks run, and not that one" 90 has_replaced
until_true "both targets are healthy" 60 has_healthy "$BLUE" 2
stopped() { aws ecs describe-tasks --cluster "$CLUSTER" --tasks "$FIRST" --query "tasks[0].$1" --output text; }
has_stopped() { [ "$(stopped lastStatus)" = STOPPED ]; }
until_true "that task has stopped" 90 has_stopped
expect "why it stopped" "$(stopped '[stopCode, stoppedReason, containers[0].exitCode]')" "UserInitiated	to see what happens	0"
until_true "it ended on SIGTERM, as it says" 30 has_logged "SIGTERM" 1

say "7. A third task"
aws ecs update-service --cluster "$CLUSTER" --service "$SERVICE" --desired-count 3 > /dev/null
until_true "three targets are healthy" 90 has_healthy "$BLUE" 3
expect "running tasks" "$(service runningCount)" 3

say "8. A second image, and nobody notices but by the version"
DEFINITION_2=$(task_definition 2.0.0 green)
aws ecs update-service --cluster "$CLUSTER" --service "$SERVICE" --task-definition "$DEFINITION_2" --desired-count 2 > /dev/null
aws ecs wait services-stable --cluster "$CLUSTER" --services "$SERVICE"
expect "the deployment" "$(service 'deployments[].[status, rolloutState, failedTasks]')" "PRIMARY	COMPLETED	0"
expect "the revision that serves" "$(service taskDefinition)" "$DEFINITION_2"
expect "the image that runs" "$(tasks 'tasks[].containers[].imageDigest' | tr '\t' '\n' | sort -u)" "$DIGEST_2"
until_true "two targets are healthy" 60 has_healthy "$BLUE" 2
kill "$USERS" && wait "$USERS" || true
USERS=""
expect "what users got but 200" "$(grep -v -e '^{' -e '^200$' "$WORK/users" | sort | uniq -c)" ""
between "answers of version 1 to users" "$(grep -c '"version":"1.0.0"' "$WORK/users")" 100 1000000
between "answers of version 2 to users" "$(grep -c '"version":"2.0.0"' "$WORK/users")" 10 1000000
send 50
expect "responses of version 2 out of 50" "$(count 2.0.0)" 50
between "events that the service became steady" "$(service 'events[?ends_with(message, `has reached a steady state.`)] | length(@)')" 2 100

say "9. Metrics, by the dimensions that they have"
metric() { # metric NAMESPACE NAME STATISTIC DIMENSION... : of the last quarter of an hour; None when there is nothing
  local namespace=$1 name=$2 statistic=$3
  shift 3
  aws cloudwatch get-metric-statistics --namespace "$namespace" --metric-name "$name" --period 900 \
    --statistics "$statistic" --dimensions "$@" --output text --query "Datapoints[0].$statistic" \
    --start-time "$(date -u -d '15 minutes ago' +%Y-%m-%dT%H:%M:%SZ)" --end-time "$(date -u -d '1 minute' +%Y-%m-%dT%H:%M:%SZ)"
}
BALANCER_DIMENSION=Name=LoadBalancer,Value=${BALANCER_ARN#*:loadbalancer/}
BLUE_DIMENSION=Name=TargetGroup,Value=${BLUE##*:}
counts_requests() { [ "$(metric AWS/ApplicationELB RequestCount Sum "$BALANCER_DIMENSION" "$BLUE_DIMENSION" | cut -d. -f1)" -ge 200 ] 2> /dev/null; }
until_true "the load balancer has counted requests to the target group" 240 counts_requests
expect "answers with 5xx by the targets" "$(metric AWS/ApplicationELB HTTPCode_Target_5XX_Count Sum "$BALANCER_DIMENSION" "$BLUE_DIMENSION")" None
has_metric() { [ "$(metric "$@")" != None ]; }
until_true "healthy hosts are counted" 120 has_metric AWS/ApplicationELB HealthyHostCount Maximum "$BALANCER_DIMENSION" "$BLUE_DIMENSION"
for name in CPUUtilization MemoryUtilization; do
  until_true "the service's $name is there" 240 has_metric AWS/ECS "$name" Average \
    "Name=ClusterName,Value=$CLUSTER" "Name=ServiceName,Value=$SERVICE"
done
expect "requests by the last part of the ARN alone" "$(metric AWS/ApplicationELB RequestCount Sum "Name=LoadBalancer,Value=${BALANCER_ARN##*/}")" None

say "10. What may not be deleted yet"
expect "deleting the cluster with its service" "$(refused aws ecs delete-cluster --cluster "$CLUSTER")" ClusterContainsServicesException
expect "deleting the service with its tasks" "$(refused aws ecs delete-service --cluster "$CLUSTER" --service "$SERVICE")" InvalidParameterException
expect "deleting the target group that serves" "$(refused aws elbv2 delete-target-group --target-group-arn "$BLUE")" ResourceInUse
expect "deleting the security group that another names" "$(refused aws ec2 delete-security-group --group-id "$BALANCER_SG")" DependencyViolation
expect "deleting the repository with its images" "$(refused aws ecr delete-repository --repository-name "$REPOSITORY")" RepositoryNotEmptyException
expect "deleting the role with its policy" "$(refused aws iam delete-role --role-name "$EXECUTION_ROLE")" DeleteConflict
expect "deleting the policy that a role has" "$(refused aws iam delete-policy --policy-arn "$TASK_POLICY_ARN")" DeleteConflict

say "11. Clean up: the service to nothing, then all the rest"
aws ecs update-service --cluster "$CLUSTER" --service "$SERVICE" --desired-count 0 > /dev/null
no_tasks() { [ "$(service runningCount)" = 0 ]; }
until_true "no task runs" 120 no_tasks
aws elbv2 delete-listener --listener-arn "$LISTENER"
trap - EXIT
clean_up 2> "$WORK.errors"
[ ! -s "$WORK.errors" ] || fail "$(cat "$WORK.errors")"
rm -f "$WORK.errors"
expect "clusters left" "$(aws ecs list-clusters --query "length(clusterArns[?ends_with(@, '$CLUSTER')])")" 0
expect "the cluster's and the service's last status" "$(aws ecs describe-clusters --clusters "$CLUSTER" \
  --query 'clusters[0].[status, activeServicesCount, runningTasksCount]' --output text)" "INACTIVE	0	0"
for status in ACTIVE INACTIVE; do
  expect "task definitions left that are $status" "$(aws ecs list-task-definitions --family-prefix "$SERVICE" \
    --status "$status" --query 'length(taskDefinitionArns)')" 0
done
expect "load balancers left" "$(aws elbv2 describe-load-balancers --query "length(LoadBalancers[?LoadBalancerName=='$BALANCER'])")" 0
expect "target groups left" "$(aws elbv2 describe-target-groups --query "length(TargetGroups[?starts_with(TargetGroupName, '$SERVICE')])")" 0
expect "security groups left" "$(aws ec2 describe-security-groups --filters "Name=group-id,Values=$BALANCER_SG,$TASK_SG" --query 'length(SecurityGroups)')" 0
expect "network interfaces left" "$(aws ec2 describe-network-interfaces --filters "Name=group-id,Values=$BALANCER_SG,$TASK_SG" --query 'length(NetworkInterfaces)')" 0
expect "repositories left" "$(aws ecr describe-repositories --query "length(repositories[?repositoryName=='$REPOSITORY'])")" 0
expect "log groups left" "$(aws logs describe-log-groups --log-group-name-prefix "/ecs/$SERVICE" --query 'length(logGroups)')" 0
expect "roles left" "$(aws iam list-roles --query "length(Roles[?ends_with(RoleName, '$SUFFIX')])")" 0
expect "policies left" "$(aws iam list-policies --scope Local --query "length(Policies[?ends_with(PolicyName, '$SUFFIX')])")" 0

printf '\nAll steps passed.\n'
