# Sourced by ../deploy-role.sh: which parts of docs/iam a release of the shop needs, and what fills their placeholders.
source ./settings.sh
POLICIES="lambda-alias api-gateway-stage ecs-task-sets analysis alarms notify"
# As for ../lambda, and headgate.yaml names the API by its name.
LEAVE_OUT="ReadTheApi KeepWarm Publish/lambda:UpdateFunctionConfiguration"
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
