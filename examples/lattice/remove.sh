#!/usr/bin/env bash
# Deletes what setup.sh and releases created, in the order that VPC Lattice allows: associations, service, target groups,
# network. Goes on when something is gone already.
set -uo pipefail
cd "$(dirname "$0")"
source ./region.sh

NAME=stock-example
export AWS_PAGER=""

until_gone() { # until_gone COMMAND... : at most two minutes
  for _ in $(seq 120); do
    "$@" > /dev/null 2>&1 || return 0
    sleep 1
  done
  echo "still there: $*" >&2
}
ids_of() { # ids_of LIST-COMMAND NAME-PREFIX
  aws vpc-lattice "$1" --query "items[?starts_with(name, '$2')].id" --output text
}

for network in $(ids_of list-service-networks "$NAME"); do
  for kind in service vpc; do
    of=service-network-$kind-association
    for association in $(aws vpc-lattice "list-${of}s" --service-network-identifier "$network" --query 'items[].id' --output text); do
      aws vpc-lattice "delete-$of" "--$of-identifier" "$association" > /dev/null
      until_gone aws vpc-lattice "get-$of" "--$of-identifier" "$association"
    done
  done
done
for service in $(ids_of list-services "$NAME"); do
  aws vpc-lattice delete-service --service-identifier "$service" > /dev/null
  until_gone aws vpc-lattice get-service --service-identifier "$service"
done
for group in $(ids_of list-target-groups "$NAME-") $(ids_of list-target-groups "headgate-$NAME-"); do
  for target in $(aws vpc-lattice list-targets --target-group-identifier "$group" --query 'items[].id' --output text); do
    aws vpc-lattice deregister-targets --target-group-identifier "$group" --targets "id=$target" > /dev/null
  done
  for _ in $(seq 120); do # A target that was in use drains for about a minute.
    [ "$(aws vpc-lattice list-targets --target-group-identifier "$group" --query 'length(items)')" = 0 ] && break
    sleep 1
  done
  aws vpc-lattice delete-target-group --target-group-identifier "$group" > /dev/null
done
for network in $(ids_of list-service-networks "$NAME"); do
  aws vpc-lattice delete-service-network --service-network-identifier "$network"
done
aws cloudwatch delete-alarms --alarm-names "$NAME-failures"
aws lambda delete-function --function-name "$NAME" > /dev/null
aws logs delete-log-group --log-group-name "/aws/lambda/$NAME"
aws iam detach-role-policy --role-name "$NAME" \
  --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
aws iam delete-role --role-name "$NAME"
../deploy-role.sh --remove 2> /dev/null || true # It is there only where somebody made it.
