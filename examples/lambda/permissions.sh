# Sourced by ../deploy-role.sh: which parts of docs/iam a release of this example needs, and what fills their placeholders.
source ./region.sh
POLICIES="lambda-alias analysis alarms"
# No version of it is kept warm, and headgate.yaml sets neither handler, runtime nor environment.
LEAVE_OUT="KeepWarm Publish/lambda:UpdateFunctionConfiguration"
FUNCTION=orders-example
