# Sourced by the scripts here: url_of PORT is where a listener of the load balancer answers. On the local cloud that is a path.
url_of() {
  local dns
  dns=$(aws elbv2 describe-load-balancers --names "${NAME:-ecs-web}" --query 'LoadBalancers[0].DNSName' --output text)
  if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
    echo "$AWS_ENDPOINT_URL/_aws/elb/${dns%%.*}:$1"
  else
    echo "http://$dns:$1"
  fi
}
