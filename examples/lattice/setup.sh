#!/usr/bin/env bash
# Creates the example's role, function, target group, service, service network and alarm with the stock AWS CLI, on
# AWS_ENDPOINT_URL when that is set and on AWS otherwise; there VPC_ID says whose machines may call the service.
# Needs aws and python3. Prints the service's address at the end.
set -euo pipefail
cd "$(dirname "$0")"

NAME=stock-example
export AWS_PAGER=""
source ./region.sh
[ -n "${AWS_ENDPOINT_URL:-}${VPC_ID:-}" ] || { echo "Set VPC_ID: a service is reachable from a VPC only." >&2; exit 2; }
ACCOUNT=$(aws sts get-caller-identity --query Account --output text)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

until_active() { # until_active COMMAND... : what prints a status; at most two minutes
  for _ in $(seq 120); do
    [ "$("$@" --query status --output text)" = ACTIVE ] && return 0
    sleep 1
  done
  echo "not active after two minutes: $*" >&2
  return 1
}

echo "role $NAME"
TRUST='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
ROLE_ARN=$(aws iam create-role --role-name "$NAME" --assume-role-policy-document "$TRUST" \
  --query Role.Arn --output text)
aws iam attach-role-policy --role-name "$NAME" \
  --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole

echo "function $NAME, and version 1 of it"
(cd src && python3 -m zipfile -c "$WORK/function.zip" ./*.py)
create_function() {
  aws lambda create-function --function-name "$NAME" --runtime python3.13 --role "$ROLE_ARN" \
    --handler app.handler --zip-file "fileb://$WORK/function.zip" > /dev/null 2> "$WORK/error"
}
# AWS takes some seconds until a new role can be used.
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  create_function && break
  if [ "$attempt" = 10 ] || ! grep -q "cannot be assumed" "$WORK/error"; then
    cat "$WORK/error" >&2
    exit 1
  fi
  sleep 3
done
aws lambda wait function-active-v2 --function-name "$NAME"
VERSION=$(aws lambda publish-version --function-name "$NAME" --query Version --output text)

echo "target group $NAME-$VERSION"
GROUP=$(aws vpc-lattice create-target-group --name "$NAME-$VERSION" --type LAMBDA \
  --config lambdaEventStructureVersion=V2 --query id --output text)
until_active aws vpc-lattice get-target-group --target-group-identifier "$GROUP"
# A target is the function's whole ARN with a version. What is refused is listed, and is no error to the command.
REFUSED=$(aws vpc-lattice register-targets --target-group-identifier "$GROUP" --query unsuccessful --output text \
  --targets "id=arn:aws:lambda:$AWS_REGION:$ACCOUNT:function:$NAME:$VERSION")
[ -z "$REFUSED" ] || { echo "$REFUSED" >&2; exit 1; }
aws lambda get-policy --function-name "$NAME" --qualifier "$VERSION" --output text 2> /dev/null | grep -q "$GROUP" ||
  aws lambda add-permission --function-name "$NAME" --qualifier "$VERSION" --statement-id vpc-lattice \
    --action lambda:InvokeFunction --principal vpc-lattice.amazonaws.com \
    --source-arn "arn:aws:vpc-lattice:$AWS_REGION:$ACCOUNT:targetgroup/$GROUP" > /dev/null

echo "service $NAME, its listener http, and a service network"
SERVICE=$(aws vpc-lattice create-service --name "$NAME" --auth-type NONE --query id --output text)
until_active aws vpc-lattice get-service --service-identifier "$SERVICE"
aws vpc-lattice create-listener --service-identifier "$SERVICE" --name http --protocol HTTP --port 80 --default-action \
  "{\"forward\":{\"targetGroups\":[{\"targetGroupIdentifier\":\"$GROUP\",\"weight\":100}]}}" > /dev/null
NETWORK=$(aws vpc-lattice create-service-network --name "$NAME" --auth-type NONE --query id --output text)
ASSOCIATION=$(aws vpc-lattice create-service-network-service-association --service-identifier "$SERVICE" \
  --service-network-identifier "$NETWORK" --query id --output text)
until_active aws vpc-lattice get-service-network-service-association \
  --service-network-service-association-identifier "$ASSOCIATION"
if [ -z "${AWS_ENDPOINT_URL:-}" ]; then
  ASSOCIATION=$(aws vpc-lattice create-service-network-vpc-association --vpc-identifier "$VPC_ID" \
    --service-network-identifier "$NETWORK" --query id --output text)
  until_active aws vpc-lattice get-service-network-vpc-association \
    --service-network-vpc-association-identifier "$ASSOCIATION"
fi

echo "alarm $NAME-failures"
aws cloudwatch put-metric-alarm --alarm-name "$NAME-failures" \
  --alarm-description "More than 10 failures in a minute" \
  --namespace AWS/VpcLattice --metric-name HTTPCode_5XX_Count --dimensions "Name=Service,Value=$SERVICE" \
  --statistic Sum --period 60 --evaluation-periods 1 \
  --comparison-operator GreaterThanThreshold --threshold 10 --treat-missing-data notBreaching

if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
  echo "$AWS_ENDPOINT_URL/_aws/vpc-lattice/$SERVICE/stock"
else
  echo "http://$(aws vpc-lattice get-service --service-identifier "$SERVICE" --query dnsEntry.domainName --output text)/stock"
fi
