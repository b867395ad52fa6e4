# Sourced by ../deploy-role.sh: which parts of docs/iam a release of the shop needs, and what fills their placeholders.
source ./settings.sh
POLICIES="lambda-alias api-gateway-stage ecs-task-sets analysis alarms notify"
# As for ../lambda, ../api-gateway and ../ecs-web.
LEAVE_OUT="KeepWarm Publish/lambda:UpdateFunctionConfiguration
  ReadTheApi ReadResources ReadModels ReadValidators ReadGatewayResponses
  Find/elasticloadbalancing:DescribeRules ShiftTheListener/elasticloadbalancing:CreateRule
  ShiftARuleAndLeadTesters TagTheRegistered"
FUNCTION=$SHOP-api
API_ID=$(aws apigateway get-rest-apis --query "items[?name=='$SHOP'].id" --output text)
STAGE=prod
LOG_GROUP=$SHOP-access
CLUSTER=$NAME
SERVICE=$NAME
FAMILY=$NAME
TASK_ROLE="$NAME-execution $NAME-task"
LOAD_BALANCER=$NAME
TOPIC=$SHOP-releases
