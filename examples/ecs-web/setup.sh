#!/usr/bin/env bash
# Creates the example's repository, image, roles, security groups, load balancer, target groups, cluster, service and alarm
# with the stock AWS CLI, on AWS_ENDPOINT_URL when that is set and on AWS otherwise; there in the default VPC, or in
# VPC_ID. Needs aws and npm, and on AWS docker or podman. Prints the service's address at the end.
set -euo pipefail
cd "$(dirname "$0")"

NAME=${NAME:-ecs-web}
PORT=8080
TASKS=2
export AWS_PAGER=""
source ./region.sh
source ./address.sh
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

retried() { # retried TEXT COMMAND... : AWS takes some seconds until a new role can be used
  local text=$1
  shift
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    "$@" 2> "$WORK/error" && return 0
    if [ "$attempt" = 10 ] || ! grep -q "$text" "$WORK/error"; then
      cat "$WORK/error" >&2
      return 1
    fi
    sleep 3
  done
}

echo "repository $NAME"
aws ecr create-repository --repository-name "$NAME" > /dev/null
IMAGE=$(./image.sh 1)

echo "roles $NAME-execution and $NAME-task, log group /ecs/$NAME"
TRUST='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
role() { aws iam create-role --role-name "$1" --assume-role-policy-document "$TRUST" --query Role.Arn --output text; }
EXECUTION_ROLE=$(role "$NAME-execution")
TASK_ROLE=$(role "$NAME-task")
aws iam attach-role-policy --role-name "$NAME-execution" \
  --policy-arn arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy
aws logs create-log-group --log-group-name "/ecs/$NAME"
aws logs put-retention-policy --log-group-name "/ecs/$NAME" --retention-in-days 7

echo "security groups: users reach the load balancer, and the load balancer alone the tasks"
VPC=${VPC_ID:-$(aws ec2 describe-vpcs --filters Name=is-default,Values=true --query 'Vpcs[0].VpcId' --output text)}
[ "$VPC" != None ] || { echo "There is no default VPC: set VPC_ID." >&2; exit 2; }
# One subnet of each zone, two of them.
SUBNETS=$(aws ec2 describe-subnets --filters "Name=vpc-id,Values=$VPC" --query 'Subnets[].[AvailabilityZone,SubnetId]' --output text |
  sort -u -k1,1 | head -n 2 | cut -f2 | xargs)
security_group() {
  aws ec2 create-security-group --group-name "$1" --description "$2" --vpc-id "$VPC" --query GroupId --output text
}
BALANCER_SG=$(security_group "$NAME-balancer" "Users of the example $NAME")
TASK_SG=$(security_group "$NAME-tasks" "Tasks of the example $NAME")
for port in 80 8080; do
  aws ec2 authorize-security-group-ingress --group-id "$BALANCER_SG" --protocol tcp --port "$port" --cidr 0.0.0.0/0 > /dev/null
done
aws ec2 authorize-security-group-ingress --group-id "$TASK_SG" --protocol tcp --port "$PORT" --source-group "$BALANCER_SG" > /dev/null

echo "target groups $NAME-blue and $NAME-green"
target_group() {
  local arn
  arn=$(aws elbv2 create-target-group --name "$1" --target-type ip --protocol HTTP --port "$PORT" --vpc-id "$VPC" \
    --health-check-path /ready --health-check-interval-seconds 5 --health-check-timeout-seconds 2 \
    --healthy-threshold-count 2 --unhealthy-threshold-count 2 --query 'TargetGroups[0].TargetGroupArn' --output text)
  aws elbv2 modify-target-group-attributes --target-group-arn "$arn" \
    --attributes Key=deregistration_delay.timeout_seconds,Value=10 > /dev/null
  echo "$arn"
}
BLUE=$(target_group "$NAME-blue")
GREEN=$(target_group "$NAME-green")

echo "load balancer $NAME: users on port 80, testers on port 8080"
# shellcheck disable=SC2086 # Two subnets are two words.
BALANCER=$(aws elbv2 create-load-balancer --name "$NAME" --subnets $SUBNETS --security-groups "$BALANCER_SG" \
  --query 'LoadBalancers[0].LoadBalancerArn' --output text)
aws elbv2 wait load-balancer-available --load-balancer-arns "$BALANCER"
for port in 80 8080; do
  aws elbv2 create-listener --load-balancer-arn "$BALANCER" --protocol HTTP --port "$port" --default-actions \
    "[{\"Type\":\"forward\",\"ForwardConfig\":{\"TargetGroups\":[{\"TargetGroupArn\":\"$BLUE\",\"Weight\":100},{\"TargetGroupArn\":\"$GREEN\",\"Weight\":0}]}}]" > /dev/null
done

echo "cluster $NAME, and a service of $TASKS tasks whose task sets come from outside"
# A cluster in an account that never had one needs this role; AWS says so when it is there already.
aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com > /dev/null 2>&1 || true
retried "service linked role" aws ecs create-cluster --cluster-name "$NAME" > /dev/null
cat > "$WORK/task.json" << END
{
  "family": "$NAME", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512",
  "executionRoleArn": "$EXECUTION_ROLE", "taskRoleArn": "$TASK_ROLE",
  "containerDefinitions": [{
    "name": "web", "image": "$IMAGE", "portMappings": [{"containerPort": $PORT}], "stopTimeout": 30,
    "healthCheck": {"command": ["CMD", "node", "src/healthy.js"], "interval": 10, "timeout": 3, "retries": 3, "startPeriod": 5},
    "logConfiguration": {"logDriver": "awslogs", "options": {
      "awslogs-group": "/ecs/$NAME", "awslogs-region": "$AWS_REGION", "awslogs-stream-prefix": "ecs"}}
  }]
}
END
TASK_DEFINITION=$(aws ecs register-task-definition --cli-input-json "file://$WORK/task.json" \
  --query taskDefinition.taskDefinitionArn --output text)
aws ecs create-service --cluster "$NAME" --service-name "$NAME" --desired-count "$TASKS" \
  --deployment-controller type=EXTERNAL > /dev/null
# On AWS the tasks fetch their image over the internet, and have a public address for it in the default VPC.
create_task_set() {
  aws ecs create-task-set --cluster "$NAME" --service "$NAME" --task-definition "$TASK_DEFINITION" --launch-type FARGATE \
    --scale value=100,unit=PERCENT --load-balancers "targetGroupArn=$BLUE,containerName=web,containerPort=$PORT" \
    --network-configuration "awsvpcConfiguration={subnets=[${SUBNETS// /,}],securityGroups=[$TASK_SG],assignPublicIp=ENABLED}" \
    --query taskSet.id --output text
}
TASK_SET=$(retried "assume" create_task_set)
aws ecs update-service-primary-task-set --cluster "$NAME" --service "$NAME" --primary-task-set "$TASK_SET" > /dev/null
for second in $(seq 300); do
  STATUS=$(aws ecs describe-task-sets --cluster "$NAME" --service "$NAME" --task-sets "$TASK_SET" --query 'taskSets[0].stabilityStatus' --output text)
  [ "$STATUS" = STEADY_STATE ] && break
  if [ "$second" = 300 ]; then
    aws ecs describe-services --cluster "$NAME" --services "$NAME" --query 'services[0].events[:5].message' --output text >&2
    echo "The service is $STATUS after five minutes; its events are above." >&2
    exit 1
  fi
  sleep 1
done

echo "alarm $NAME-failures"
aws cloudwatch put-metric-alarm --alarm-name "$NAME-failures" \
  --alarm-description "More than 10 failures in a minute" \
  --namespace AWS/ApplicationELB --metric-name HTTPCode_Target_5XX_Count \
  --dimensions "Name=LoadBalancer,Value=${BALANCER#*loadbalancer/}" \
  --statistic Sum --period 60 --evaluation-periods 1 \
  --comparison-operator GreaterThanThreshold --threshold 10 --treat-missing-data notBreaching

echo "$(url_of 80)/api/data"
