#!/usr/bin/env bash
# What makes a release one that others can build again, and check: release_test.sh SOURCE BUILD.
# That two whole builds give the same bytes is ./dev release --check's, which takes long.
set -euo pipefail
readonly source="$1" build="$2"
fail() { echo "release: $*" >&2; exit 1; }
cd "$source"

# The programs name no folder of this machine, nor when they were built.
for program in weir weir-agent; do
  binary="$build/bin/$program"
  for folder in "$source" "$build"; do
    found="$(grep -aoE "(^|[^[:alnum:]_./-])${folder//./\\.}/[[:graph:]]{0,60}" "$binary" |
      head -n 1)" || true
    [[ -z "$found" ]] || fail "$program names the folder that it was built in: $found"
  done
  grep -aqF "measure/histogram.h" "$binary" ||
    fail "$program names no source at all: what is looked for would not be found either"
done
if git grep -nE '__(DATE|TIME|TIMESTAMP)__' -- '*.cc' '*.h' '*.in'; then
  fail "the time of the build would be in the programs"
fi

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# The compiler cache names files from the build folder, the compiler alone by their whole path: the
# same bytes, of a source of the tree and of one that is made.
for object in measure/CMakeFiles/weir_measure.dir/measured_window.cc.o \
  base/CMakeFiles/weir_base.dir/version.cc.o; do
  compile="$(ninja -C "$build" -t commands "$object" | grep -F -- " -o $object " | tail -n 1)"
  [[ -n "$compile" ]] || fail "the build does not say how it makes $object"
  (cd "$build" && CCACHE_DISABLE=1 bash -c "${compile// -o $object / -o $work/one.o }")
  cmp "$build/$object" "$work/one.o" || fail "$object depends on the folder, or on the cache"
done

# Packed twice, by somebody else, later, elsewhere on the globe: the same bytes.
scripts/release.sh pack "$build" "$work/one" >"$work/named"
[[ -s "$(cat "$work/named")" ]] || fail "there is no tarball"
(umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 GZIP=-1 scripts/release.sh pack "$build" "$work/two" \
  >/dev/null 2>&1)
diff -r "$work/one" "$work/two" || fail "packed twice, the bytes differ"
mkdir "$work/unpacked"
tar -C "$work/unpacked" -xzf "$work"/one/weir-*.tar.gz
folder="$(echo "$work"/unpacked/weir-*)"
for file in bin/weir bin/weir-agent LICENSE README.md sbom.json build-tools.txt \
  campaigns/quickstart.yaml k8s/base/coordinator.yaml docs/releases.md; do
  [[ -s "$folder/$file" ]] || fail "the tarball lacks $file"
done
grep -qx libpq5 "$folder/debian-packages.txt" || fail "debian-packages.txt lacks libpq5"
[[ "$("$folder/bin/weir" --version)" == "$("$build/bin/weir" --version)" ]] || fail "bin/weir"
(cd "$folder" && bin/weir check campaigns/quickstart.yaml >/dev/null) || fail "weir check"

# Signed with one key, and with that of somebody else.
for who in ours theirs; do
  ssh-keygen -q -t ed25519 -N '' -C "$who" -f "$work/$who"
  echo "weir namespaces=\"weir-release\" $(cat "$work/$who.pub")" >"$work/$who.signers"
done
verify() { scripts/release.sh verify "$@" >/dev/null 2>&1; }
scripts/release.sh sign "$work/ours" "$work/one" >/dev/null
verify "$work/ours.signers" "$work/one" || fail "what was signed is refused"
verify "$work/theirs.signers" "$work/one" && fail "a signature by another key is taken"

# As docs/releases.md says it.
command="$(sed -nE 's/^\$ (ssh-keygen -Y verify .*)/\1/p' docs/releases.md)"
[[ -n "$command" ]] || fail "docs/releases.md does not say how to verify"
as_documented() {
  (cd "$work/one" && cp "$work/$1.signers" weir-signers && bash -c "$command" >/dev/null 2>&1)
}
as_documented ours || fail "what was signed is refused by the command of docs/releases.md"
as_documented theirs && fail "the command of docs/releases.md takes another key"

# A byte more in what was signed, in the list, in the signature; a signature for something else.
altered() {
  rm -rf "$work/altered"
  cp -r "$work/one" "$work/altered"
  "$@"
  verify "$work/ours.signers" "$work/altered" && fail "taken although altered: $*"
  return 0
}
append() { printf x >>"$(echo "$work"/altered/$1)"; }
altered append 'weir-*.tar.gz'
altered append sbom.json
altered append SHA256SUMS
altered sed -i 's/weir-/other-/' "$work/altered/SHA256SUMS"
altered sed -i '2s/./A/5' "$work/altered/SHA256SUMS.sig"
altered rm "$work/altered/SHA256SUMS.sig"
elsewhere() {
  rm "$work/altered/SHA256SUMS.sig"
  ssh-keygen -q -Y sign -f "$work/ours" -n git "$work/altered/SHA256SUMS" 2>/dev/null
}
altered elsewhere

scripts/release.sh sign "$work/none" "$work/one" 2>/dev/null && fail "signed without a key"

# Of what differs from its commit no release is made.
git init -q "$work/tree"
clean() { (cd "$work/tree" && "$source/scripts/release.sh" clean 2>"$work/why"); }
commit() { git -C "$work/tree" -c user.name=t -c user.email=t@t commit -qam "$1"; }
echo 1 >"$work/tree/file"
git -C "$work/tree" add file
commit one
clean || fail "a clean checkout is refused"
echo 2 >"$work/tree/file"
clean && fail "a changed file goes into a release"
grep -q 'differs from its commit.*file' "$work/why" || fail "does not say which: $(cat "$work/why")"
commit two
touch "$work/tree/new"
clean && fail "a file that is not committed goes into a release"
echo "the release is whole"
