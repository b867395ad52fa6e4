# Sourced by ../deploy-role.sh: which parts of docs/iam a release of this example needs, and what fills their placeholders.
source ./region.sh
POLICIES="lattice analysis alarms"
LEAVE_OUT="KeepWarm Publish/lambda:UpdateFunctionConfiguration"
SERVICE_ID=$(aws vpc-lattice list-services --query "items[?name=='stock-example'].id" --output text)
FUNCTION=stock-example
