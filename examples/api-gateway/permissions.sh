# Sourced by ../deploy-role.sh: which parts of docs/iam a release of this example needs, and what fills their placeholders.
source ./region.sh
POLICIES="api-gateway-stage alarms"
# headgate.yaml names the API by its name, and brings a document of its own.
LEAVE_OUT="ReadTheApi ReadResources ReadModels ReadValidators ReadGatewayResponses"
API_ID=$(aws apigateway get-rest-apis --query "items[?name=='quotes-example'].id" --output text)
STAGE=prod
FUNCTION=quotes-example
LOG_GROUP=quotes-example-access
