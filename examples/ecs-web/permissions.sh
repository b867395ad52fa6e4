# Sourced by ../deploy-role.sh: which parts of docs/iam a release of this example needs, and what fills their placeholders.
source ./region.sh
NAME=${NAME:-ecs-web}
POLICIES="ecs-task-sets capacity analysis alarms"
# No rule of the listener is shifted, there are no testers, and the task definition has no tags.
LEAVE_OUT="Find/elasticloadbalancing:DescribeRules ShiftTheListener/elasticloadbalancing:CreateRule
  ShiftARuleAndLeadTesters TagTheRegistered"
CLUSTER=$NAME
SERVICE=$NAME
FAMILY=$NAME
TASK_ROLE="$NAME-execution $NAME-task"
LOAD_BALANCER=$NAME
