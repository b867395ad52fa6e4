# Sourced by release.sh: from here on calls come from the role that DEPLOY_ROLE names. Without it, from whoever calls.
if [ -n "${DEPLOY_ROLE:-}" ]; then
  DEPLOY_ROLE_ARN=arn:aws:iam::$(aws sts get-caller-identity --query Account --output text):role/$DEPLOY_ROLE
  # AWS takes some seconds until a new role can be used. The keys last for an hour.
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    SESSION=$(aws sts assume-role --role-arn "$DEPLOY_ROLE_ARN" --role-session-name release --output text \
      --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]') && break
    [ "$attempt" = 10 ] && exit 1
    sleep 3
  done
  read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN <<< "$SESSION"
  export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
  unset AWS_PROFILE
fi
