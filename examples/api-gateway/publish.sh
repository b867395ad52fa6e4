# Sourced by the scripts here: publishes src/ as a version, lets the API call it, and writes api.json, which names it.
publish() {
  local zip version arn
  zip=$(mktemp -d)/function.zip
  (cd src && python3 -m zipfile -c "$zip" ./*.py)
  aws lambda update-function-code --function-name "$NAME" --zip-file "fileb://$zip" > /dev/null
  aws lambda wait function-updated-v2 --function-name "$NAME"
  version=$(aws lambda publish-version --function-name "$NAME" --query Version --output text)
  arn=$(aws lambda get-function-configuration --function-name "$NAME" --qualifier "$version" \
    --query FunctionArn --output text)
  # A permission is for one version. The same code is the same version, which may have it already.
  aws lambda get-policy --function-name "$NAME" --qualifier "$version" > /dev/null 2>&1 ||
    aws lambda add-permission --function-name "$NAME" --qualifier "$version" --statement-id api \
      --action lambda:InvokeFunction --principal apigateway.amazonaws.com > /dev/null
  sed -e "s|@REGION@|$AWS_REGION|" -e "s|@FUNCTION_VERSION_ARN@|$arn|" api.template.json > api.json
  echo "version $version of $NAME"
}
