#!/usr/bin/env bash
# Brings up Podman on Debian or Ubuntu, as root, for `npm run test:containers`: installs it, writes its settings,
# starts its service and prints the one line DOCKER_HOST=unix://... for `export "$(.ci/podman.sh)"`. All else goes
# to standard error. The service's process id is in FOLDER/podman.pid: end it with `kill`.
#
#   .ci/podman.sh [FOLDER]    settings, socket, log and process id go there; default: a temporary folder
set -euo pipefail

FOLDER=${1:-$(mktemp -d)}
mkdir -p "$FOLDER"
SOCKET="$FOLDER/podman.sock"

install_podman() {
  command -v podman > /dev/null && command -v runc > /dev/null && command -v iptables > /dev/null && return
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  # runc in place of the default crun, which cannot work where cgroups of both versions are mounted.
  apt-get install -y --no-install-recommends podman runc iptables containernetworking-plugins ca-certificates curl
}

# The groups and limits of the machine itself: a container may be what this runs in.
write_settings() {
  cat > "$FOLDER/containers.conf" << 'END'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
cgroupns = "host"

[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
END
}

start_service() {
  CONTAINERS_CONF="$FOLDER/containers.conf" setsid podman system service --time=0 "unix://$SOCKET" \
    < /dev/null > "$FOLDER/podman.log" 2>&1 &
  echo $! > "$FOLDER/podman.pid"
  for _ in $(seq 100); do
    curl --silent --fail --max-time 2 --unix-socket "$SOCKET" http://podman/_ping > /dev/null && return
    kill -0 "$(cat "$FOLDER/podman.pid")" 2> /dev/null || break
    sleep 0.1
  done
  echo "podman's service did not answer at $SOCKET:" >&2
  cat "$FOLDER/podman.log" >&2
  return 1
}

install_podman >&2
write_settings
start_service >&2
echo "DOCKER_HOST=unix://$SOCKET"
