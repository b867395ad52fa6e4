#!/usr/bin/env bash
# Releases all of the shop as headgate.yaml says: a new image of the web front, what is in api/, the API's document, and
# the migrations that are pending. Exit code 0: promoted; 10: all back; 12: something is frozen and waits for a person.
#
#   ./release.sh [VERSION]    VERSION is the time of day when it is not given
set -euo pipefail
cd "$(dirname "$0")"
source ./settings.sh

VERSION=${1:-$(date +%Y%m%d-%H%M%S)}
ACCOUNT=$(aws sts get-caller-identity --query Account --output text)
IMAGE=$(../ecs-web/image.sh "$VERSION")
write_api "release $VERSION"
# What the function answers as its release; Lambda publishes no version of code that did not change.
sed -i.before "s|^RELEASE = .*|RELEASE = \"$VERSION\"|" api/app.py && rm api/app.py.before

# Without a pending migration the hook is left out, and everything can turn back.
DROP="/# MIGRATION/,/command: /d"
[ "$(node migrate.mjs --pending)" = 0 ] || DROP=""
sed -e "$DROP" -e "s|^        image: .*|        image: $IMAGE|" -e "s|http://127.0.0.1:8080|$(url_of 8080)|" \
  -e "s|arn:aws:sns:[^\"]*|arn:aws:sns:$AWS_REGION:$ACCOUNT:$SHOP-releases|" headgate.yaml > release.yaml
source ../deploy-as.sh
exec npx headgate deploy release.yaml --yes --exit-when-held
