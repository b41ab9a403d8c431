#!/usr/bin/env bash
# Builds the image around binaries that are there: k8s/image/build.sh [BINARIES [NAME]], from the
# root of the tree. Where no registry answers, the base image is made of Debian's packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly binaries="${1:-build/release/bin}" name="${2:-localhost/weir:latest}"
readonly base=docker.io/library/debian:bookworm-slim
here="$(pwd)/k8s/image"

# runc and cgroupfs also work where no systemd is, and on hosts with both generations of cgroups.
export CONTAINERS_CONF="${CONTAINERS_CONF:-$here/containers.conf}"

say() { printf 'image: %s\n' "$*" >&2; }

base_from_packages() {
  say "no registry answers: making $base of Debian's packages"
  local root
  root="$(mktemp -d)"
  debootstrap --variant=minbase --include=ca-certificates bookworm "$root/system" \
    >"$root/log" 2>&1 || { tail -n 20 "$root/log" >&2; return 1; }
  # What Debian's slim images leave out.
  rm -rf "$root"/system/var/cache/apt/* "$root"/system/var/lib/apt/lists/* \
    "$root"/system/usr/share/{doc,man,locale,info}/*
  tar -C "$root/system" --numeric-owner -c . |
    podman import --quiet --change 'CMD ["bash"]' - "$base" >/dev/null
  rm -rf "$root"
}

context="$(mktemp -d)"
trap 'rm -rf "$context"' EXIT
podman image exists "$base" || podman pull --quiet "$base" >/dev/null 2>&1 || base_from_packages
# The stage with the libraries, then the binaries, without what only a debugger reads.
buildah bud --pull-never --runtime "$(command -v runc)" --layers --target runtime --quiet \
  -t localhost/weir-runtime:latest -f k8s/image/Dockerfile "$context" >/dev/null
for program in weir weir-agent; do
  strip -o "$context/$program" "$binaries/$program"
done
printf 'FROM localhost/weir-runtime:latest\nCOPY weir weir-agent /usr/local/bin/\n' \
  >"$context/Dockerfile"
buildah bud --pull-never --runtime "$(command -v runc)" --quiet -t "$name" "$context" >/dev/null
podman image inspect "$name" --format '{{.Size}}' |
  awk -v name="$name" '{printf "image: %s, %.0f MB\n", name, $1 / 1e6}'
