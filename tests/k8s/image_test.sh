#!/usr/bin/env bash
# Builds the image of binaries that are there and runs a campaign in it, as Kubernetes would: with
# no rights, on a read-only root. Exits with 77 where there is nothing to build or run images with.
set -euo pipefail
readonly binaries="$1" name=localhost/weir-test:latest
skip() { echo "SKIPPED: the image: $*"; exit 77; }
fail() { echo "the image: $*" >&2; exit 1; }

for program in podman buildah runc; do
  command -v "$program" >/dev/null || skip "there is no $program; ./dev image installs it"
done
podman image exists docker.io/library/debian:bookworm-slim || command -v debootstrap >/dev/null ||
  skip "there is no base image and no debootstrap; ./dev image installs it"
export CONTAINERS_CONF="$PWD/k8s/image/containers.conf"
k8s/image/build.sh "$binaries" "$name"
trap 'podman image rm --force "$name" >/dev/null 2>&1 || true' EXIT

contained() {
  podman run --rm --network none --read-only --read-only-tmpfs=false --cap-drop ALL \
    --security-opt no-new-privileges --tmpfs /tmp:rw,size=256m "$@"
}
contained "$name" true 2>/dev/null || skip "this machine does not let containers start"

[[ "$(contained "$name" id -u)" == 65532 ]] || fail "does not run as user 65532"
contained "$name" weir --version | grep -qE '^weir [0-9.]+ \([0-9a-f]{7,}' ||
  fail "weir --version does not say the commit"
contained "$name" weir-agent --version | grep -q '^weir-agent ' || fail "weir-agent does not start"
contained "$name" sh -c 'echo >/usr/x' 2>/dev/null && fail "its root can be written to"

# A whole run inside: coordinator and agents.
contained --volume "$PWD/campaigns/null.yaml:/campaign.yaml:ro" "$name" weir \
  --store /tmp/results.db run /campaign.yaml --agents 1 --override-gates --quiet --out /tmp/report \
  --set scenarios.open-loop.phases.measure=1s --set scenarios.closed-loop.phases.measure=1s \
  | grep -q /tmp/report/report.html || fail "a campaign does not come to a report in it"

bytes="$(podman image inspect "$name" --format '{{.Size}}')"
(( bytes < 250000000 )) || fail "is $bytes bytes large"
