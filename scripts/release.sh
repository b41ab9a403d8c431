#!/usr/bin/env bash
# What a release is made of (docs/releases.md); ./dev release calls it, from the root of the tree.
#   release.sh clean                  OK when nothing differs from the commit that is checked out
#   release.sh pack BUILD OUT         the tarball of a build's programs, and SHA256SUMS, into OUT
#   release.sh sign KEY OUT           signs OUT/SHA256SUMS with a key of ssh-keygen's, in a file
#   release.sh verify SIGNERS OUT     whether OUT is whole, and signed by whom SIGNERS lists
set -euo pipefail
readonly namespace=weir-release
# What stands in a file must not depend on who makes it, where or when.
export LC_ALL=C TZ=UTC
umask 022

fail() { printf 'release: %s\n' "$*" >&2; exit 1; }

clean() {
  local changes
  changes="$(git status --porcelain)"
  [[ -z "$changes" ]] || fail "the checkout differs from its commit, of which a release is made:" \
    "commit or remove ($(head -n 1 <<<"$changes")$([[ "$changes" != *$'\n'* ]] || echo ' …'))"
}

name() {
  local version
  version="$(sed -nE 's/^project\(weir VERSION ([0-9.]+).*/\1/p' CMakeLists.txt)"
  echo "weir-$version-$(git rev-parse HEAD | cut -c 1-10)-linux-$(uname -m)"
}

# The tools whose version shows in the programs' bytes, beside the libraries of the SBOM.
tools() {
  local compiler
  compiler="$(dpkg-query -S "$(realpath "$(command -v g++)")" | cut -d: -f1)"
  # shellcheck disable=SC2016 # dpkg-query's own placeholders
  dpkg-query -W -f='${Package} ${Version}\n' "$compiler" binutils libc6-dev mold \
    protobuf-compiler protobuf-compiler-grpc | sort -u
}

pack() {
  local build="$1" out="$2" name epoch folder
  name="$(name)"
  epoch="$(git log -1 --format=%ct HEAD)"
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' EXIT
  folder="$work/$name"
  mkdir -p "$folder/bin" "$out"
  # As committed: nothing of what only lies in the folder.
  git archive --format=tar HEAD LICENSE README.md campaigns docs k8s | tar -C "$folder" -xf -
  for program in weir weir-agent; do
    strip -o "$folder/bin/$program" "$build/bin/$program"
  done
  node scripts/sbom.mjs "$build" >"$folder/sbom.json"
  node scripts/sbom.mjs "$build" --linked >"$folder/debian-packages.txt"
  tools >"$folder/build-tools.txt"
  rm -f "$out"/weir-*.tar.gz "$out/sbom.json" "$out"/SHA256SUMS*  # of another commit
  tar -C "$work" --format=ustar --sort=name --mtime="@$epoch" --owner=0 --group=0 \
    --numeric-owner --mode=u=rwX,go=rX -cf - "$name" | gzip -n -9 >"$out/$name.tar.gz"
  cp "$folder/sbom.json" "$out/sbom.json"
  (cd "$out" && sha256sum "$name.tar.gz" sbom.json >SHA256SUMS)
  echo "$out/$name.tar.gz"
}

sign() {
  local key="$1" out="$2"
  [[ -f "$key" ]] || fail "there is no key $key: a file that ssh-keygen made, not the key itself"
  rm -f "$out/SHA256SUMS.sig"
  ssh-keygen -q -Y sign -f "$key" -n "$namespace" "$out/SHA256SUMS" ||
    fail "ssh-keygen did not sign $out/SHA256SUMS"
  echo "$out/SHA256SUMS.sig"
}

verify() {
  ssh-keygen -q -Y verify -f "$1" -I weir -n "$namespace" -s "$2/SHA256SUMS.sig" \
    <"$2/SHA256SUMS" && (cd "$2" && sha256sum --quiet --strict --check SHA256SUMS)
}

case "${1:-}:$#" in
  clean:1) clean ;;
  pack:3) pack "$2" "$3" ;;
  sign:3) sign "$2" "$3" ;;
  verify:3) verify "$2" "$3" ;;
  *) sed -n '2,6s/^# //p' "$0" >&2; exit 2 ;;
esac
