#!/usr/bin/env bash
# Publishes what is in src/, and releases the API that calls it as headgate.yaml says. Exit code 0: promoted; 10: rolled back.
set -euo pipefail
cd "$(dirname "$0")"
export AWS_PAGER=""
NAME=quotes-example
source ./region.sh
source ./publish.sh
publish
source ../deploy-as.sh
exec npx headgate deploy --yes "$@"
