# Sourced by ../deploy-role.sh: which parts of docs/iam a release of this example needs, and what fills their placeholders.
source ./region.sh
POLICIES="lattice analysis alarms"
# As for ../lambda. The service asks nobody who they are (auth type NONE), and what is shifted is no rule.
LEAVE_OUT="KeepWarm Publish/lambda:UpdateFunctionConfiguration
  ReadTheService/vpc-lattice:GetAuthPolicy ShiftARuleAndLeadTesters/vpc-lattice:GetRule"
SERVICE_ID=$(aws vpc-lattice list-services --query "items[?name=='stock-example'].id" --output text)
FUNCTION=stock-example
