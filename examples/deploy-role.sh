#!/usr/bin/env bash
# Makes the role that releases an example with the least that it needs, or brings it up to date. Called in the example's
# folder, after its setup.sh; permissions.sh there says which parts of docs/iam it has. Needs aws and node.
#
#   ../deploy-role.sh            the role headgate-EXAMPLE: DEPLOY_ROLE=headgate-EXAMPLE ./release.sh then releases as it
#   ../deploy-role.sh --print    prints the policy, and makes nothing
#   ../deploy-role.sh --remove   deletes the role
set -euo pipefail
[ -f permissions.sh ] || { echo "Call this in the folder of an example, as ../deploy-role.sh." >&2; exit 2; }

export AWS_PAGER=""
ROLE=headgate-$(basename "$PWD")
POLICY_NAME=release
case ${1:-} in
  "" | --print) ;;
  --remove)
    aws iam delete-role-policy --role-name "$ROLE" --policy-name "$POLICY_NAME"
    exec aws iam delete-role --role-name "$ROLE"
    ;;
  *) echo "usage: ../deploy-role.sh [--print|--remove]" >&2; exit 2 ;;
esac

set -o allexport # for policy.mjs
source ./permissions.sh
REGION=$AWS_REGION
ACCOUNT=$(aws sts get-caller-identity --query Account --output text)
set +o allexport
POLICY=$(node "$(dirname "$0")/policy.mjs")
[ "${1:-}" != --print ] || exec node -p 'JSON.stringify(JSON.parse(process.argv[1]), null, 2)' "$POLICY"

# Whoever in this account may assume roles at all.
TRUST="{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::$ACCOUNT:root\"},\"Action\":\"sts:AssumeRole\"}]}"
aws iam get-role --role-name "$ROLE" > /dev/null 2>&1 ||
  aws iam create-role --role-name "$ROLE" --assume-role-policy-document "$TRUST" > /dev/null
aws iam put-role-policy --role-name "$ROLE" --policy-name "$POLICY_NAME" --policy-document "$POLICY"
echo "role $ROLE: DEPLOY_ROLE=$ROLE ./release.sh releases as it"
