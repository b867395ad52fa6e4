# Sourced by the scripts here. The web front is the service of ../ecs-web under another name, so its scripts are shared.
# shellcheck source=../ecs-web/region.sh
source ../ecs-web/region.sh
export AWS_PAGER=""
SHOP=shop
export NAME=$SHOP-web # for the scripts of ../ecs-web
# shellcheck source=../ecs-web/address.sh
source ../ecs-web/address.sh
case $(aws --version 2>&1) in aws-cli/1.*) BINARY="" ;; *) BINARY="--cli-binary-format raw-in-base64-out" ;; esac

write_api() { # write_api TEXT : the API's document, which calls the function through its alias
  local account
  account=$(aws sts get-caller-identity --query Account --output text)
  sed -e "s|@REGION@|$AWS_REGION|g" -e "s|@ACCOUNT@|$account|" -e "s|@FUNCTION@|$SHOP-api|" -e "s|@TEXT@|$1|" api.template.json > api.json
}
