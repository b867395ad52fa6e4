#!/usr/bin/env bash
# Builds the image of this folder, pushes it to the registry and prints its name, which ends in VERSION; all else goes to
# standard error. ERROR_RATE (0 to 1) is the share of its requests that it fails.
#
# docker or podman build the Dockerfile when one of them answers. On the local cloud `headgate local image build` does
# without them: its images have no base, and run where the cloud runs tasks as processes (HEADGATE_TASKS=processes).
#
#   ./image.sh VERSION
set -euo pipefail
cd "$(dirname "$0")"
source ./region.sh

VERSION=${1:?"usage: ./image.sh VERSION"}
ERROR_RATE=${ERROR_RATE:-0}
BASE_IMAGE=${BASE_IMAGE:-public.ecr.aws/docker/library/node:24-slim}
NAME=${NAME:-ecs-web}
IS_LOCAL=${AWS_ENDPOINT_URL:+yes}

engine() { # The first that answers, podman before a docker that may lead to it; none where the tasks are to be processes.
  [ "${HEADGATE_TASKS:-}" = processes ] && return 0
  for tool in podman docker; do
    "$tool" info > /dev/null 2>&1 && echo "$tool" && return 0
  done
  return 0
}

build_with() { # build_with docker|podman
  local repository image plain=""
  # The local registry speaks plain http, which only podman has to be told.
  [ "$1" = podman ] && [ -n "$IS_LOCAL" ] && plain=--tls-verify=false
  repository=$(aws ecr describe-repositories --repository-names "$NAME" --query 'repositories[0].repositoryUri' --output text)
  image=$repository:$VERSION
  "$1" build --quiet --build-arg "BASE_IMAGE=$BASE_IMAGE" --tag "$image" "$FOLDER" >&2
  aws ecr get-login-password | "$1" login --username AWS --password-stdin $plain "${repository%%/*}" >&2
  "$1" push $plain "$image" >&2
  echo "$image"
}

build_without() {
  rm "$FOLDER/Dockerfile"
  (cd "$FOLDER" && npm ci --omit=dev --no-audit --no-fund --silent) >&2
  npx headgate local image build "$FOLDER" --repository "$NAME" --tag "$VERSION" --entrypoint "node src/main.js" --json |
    node -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).image'
}

FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT
cp -r Dockerfile package.json package-lock.json src "$FOLDER"
printf '{ "version": "%s", "errorRate": %s }\n' "$VERSION" "$ERROR_RATE" > "$FOLDER/release.json"

ENGINE=$(engine)
if [ -n "$ENGINE" ]; then
  echo "image $VERSION, built by $ENGINE" >&2
  build_with "$ENGINE"
elif [ -n "$IS_LOCAL" ]; then
  echo "image $VERSION, built by headgate local image build" >&2
  build_without
else
  echo "Neither docker nor podman answers: one of them has to build the image for AWS." >&2
  exit 2
fi
