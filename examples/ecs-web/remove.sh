#!/usr/bin/env bash
# Deletes what setup.sh and releases created, in the order that AWS allows. Goes on when something is gone already.
set -uo pipefail
cd "$(dirname "$0")"
source ./region.sh

NAME=${NAME:-ecs-web}
export AWS_PAGER=""

until_it_works() { # until_it_works COMMAND... : what still is in use cannot be deleted; at most five minutes
  local error
  for _ in $(seq 150); do
    error=$("$@" 2>&1 > /dev/null) && return 0
    case $error in
      *NotFound* | *"not found"* | *"does not exist"*) return 0 ;;
    esac
    sleep 2
  done
  echo "$error" >&2
}
none_left() { # none_left COMMAND... : what prints a number, or fails when there is nothing to look at any more
  local number
  for _ in $(seq 300); do
    number=$("$@" --output text 2> /dev/null) || return 0
    [ "$number" = 0 ] && return 0
    sleep 1
  done
  echo "still there: $*" >&2
}

aws cloudwatch delete-alarms --alarm-names "$NAME-failures"

# By force: with its task sets, and its tasks with them.
aws ecs delete-service --cluster "$NAME" --service "$NAME" --force > /dev/null
none_left aws ecs list-tasks --cluster "$NAME" --query 'length(taskArns)'
for definition in $(aws ecs list-task-definitions --family-prefix "$NAME" --query 'taskDefinitionArns[]' --output text); do
  aws ecs deregister-task-definition --task-definition "$definition" > /dev/null
  aws ecs delete-task-definitions --task-definitions "$definition" > /dev/null
done
until_it_works aws ecs delete-cluster --cluster "$NAME"

for balancer in $(aws elbv2 describe-load-balancers --names "$NAME" --query 'LoadBalancers[].LoadBalancerArn' --output text); do
  aws elbv2 delete-load-balancer --load-balancer-arn "$balancer"
  aws elbv2 wait load-balancers-deleted --load-balancer-arns "$balancer"
done
for name in "$NAME-blue" "$NAME-green"; do
  for group in $(aws elbv2 describe-target-groups --names "$name" --query 'TargetGroups[].TargetGroupArn' --output text); do
    until_it_works aws elbv2 delete-target-group --target-group-arn "$group"
  done
done
# The tasks' group names the load balancer's, which the load balancer's interfaces keep for a while.
for name in "$NAME-tasks" "$NAME-balancer"; do
  for group in $(aws ec2 describe-security-groups --filters "Name=group-name,Values=$name" --query 'SecurityGroups[].GroupId' --output text); do
    until_it_works aws ec2 delete-security-group --group-id "$group"
  done
done

aws logs delete-log-group --log-group-name "/ecs/$NAME"
aws iam detach-role-policy --role-name "$NAME-execution" \
  --policy-arn arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy
aws iam delete-role --role-name "$NAME-execution"
aws iam delete-role --role-name "$NAME-task"
aws ecr delete-repository --repository-name "$NAME" --force > /dev/null
rm -rf release.yaml .headgate
# It is there only where somebody made it, and is the example's own: the shop has another.
[ "$NAME" != ecs-web ] || ../deploy-role.sh --remove 2> /dev/null || true
