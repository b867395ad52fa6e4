#!/usr/bin/env bash
# Releases what is in src/ as headgate.yaml says. Exit code 0: promoted; 10: rolled back.
set -euo pipefail
cd "$(dirname "$0")"
export AWS_PAGER=""
source ./region.sh
source ../deploy-as.sh
exec npx headgate deploy --yes "$@"
