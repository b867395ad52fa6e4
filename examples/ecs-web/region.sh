# Sourced by the scripts here. The AWS CLI v1 reads AWS_DEFAULT_REGION only, the AWS SDK for JavaScript AWS_REGION only.
AWS_REGION=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
[ -n "$AWS_REGION" ] || { echo "No region is known: set AWS_REGION." >&2; exit 2; }
export AWS_REGION AWS_DEFAULT_REGION=$AWS_REGION
