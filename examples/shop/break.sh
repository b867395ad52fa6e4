#!/usr/bin/env bash
# A release that fails, while users are there (see README.md).
#
#   ./break.sh             the web front fails 30% of its requests: all turn back, the last target first. Exit code 10
#   ./break.sh api         the function fails 30%: it is first, so the others never get traffic. Exit code 10
#   ./break.sh migration   the web front fails after a migration was applied: stage and web turn back, the function is
#                          frozen as it is and people are told. Exit code 12; `npx headgate abort shop-api` decides
set -euo pipefail
cd "$(dirname "$0")"

case ${1:-web} in
  web) ERROR_RATE=0.3 ./release.sh ;;
  api)
    trap 'sed -i.before "s|^ERROR_RATE = .*|ERROR_RATE = 0.0|" api/app.py && rm api/app.py.before' EXIT
    sed -i.before "s|^ERROR_RATE = .*|ERROR_RATE = 0.3|" api/app.py && rm api/app.py.before
    ./release.sh
    ;;
  migration)
    echo "ALTER TABLE orders ADD COLUMN note TEXT;" > migrations/002-note.sql
    ERROR_RATE=0.3 ./release.sh
    ;;
  *)
    echo "usage: ./break.sh [web|api|migration]" >&2
    exit 2
    ;;
esac
