#!/usr/bin/env bash
# Builds and pushes an image of this folder and releases it as headgate.yaml says. Exit code 0: promoted; 10: rolled back.
#
#   ./release.sh [VERSION]                  a good release; VERSION is the time of day when it is not given
#   ERROR_RATE=0.3 ./release.sh [VERSION]   one that fails 30% of its requests
set -euo pipefail
cd "$(dirname "$0")"
source ./region.sh
source ./address.sh

IMAGE=$(./image.sh "${1:-$(date +%Y%m%d-%H%M%S)}")
sed -e "s|^  image: .*|  image: $IMAGE|" -e "s|^      url: .*|      url: $(url_of 8080)|" headgate.yaml > release.yaml
source ../deploy-as.sh
exec npx headgate deploy release.yaml --yes
