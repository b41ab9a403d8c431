#!/usr/bin/env bash
# Other clients against our emulator, another server under our client. `./dev conformance` calls it:
#   run.sh BUILD_DIRECTORY [python|java|vercel|kubernetes ...]
# A part whose tools cannot be had is named and passed over; only a wrong answer fails.
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
build="$(cd "$1" && pwd)"
shift
work="$(dirname "$build")/conformance"
mkdir -p "$work"
export WEIR_SERVE_EMULATOR="$build/bin/serve_emulator"

failed=()
passed_over=()
say() { printf '\033[1m%s\033[0m\n' "$*"; }
pass_over() {
  say "$1: not run: $2"
  passed_over+=("$1")
}
judge() { if [[ "$2" == 0 ]]; then say "$1: passed"; else failed+=("$1"); fi; }

python() {
  local venv="$work/python"
  if ! [[ -x "$venv/bin/pip" ]] && ! python3 -m venv "$venv" >"$work/python.log" 2>&1; then
    pass_over python "python3 makes no virtual environment (package python3-venv)"
    return
  fi
  if ! "$venv/bin/pip" install -q --disable-pip-version-check -r "$here/python/requirements.txt" \
    >"$work/python.log" 2>&1; then
    pass_over python "the packages of requirements.txt could not be fetched, see $work/python.log"
    return
  fi
  (cd "$here/python" && PYTHONDONTWRITEBYTECODE=1 timeout 300 "$venv/bin/python" -m unittest)
  judge python $?
}

java() {
  if ! command -v mvn >/dev/null; then
    pass_over java "there is no mvn (packages maven, default-jdk)"
    return
  fi
  local maven=(mvn -B -q -f "$here/java/pom.xml" "-Dweir.build=$work/java")
  # What cannot be fetched or compiled shows here, before any test.
  if ! "${maven[@]}" test -DskipTests >"$work/java.log" 2>&1 ||
    ! "${maven[@]}" surefire:help >>"$work/java.log" 2>&1; then
    if grep -q "COMPILATION ERROR" "$work/java.log"; then
      grep -A5 "ERROR" "$work/java.log" | head -n 20
      judge java 1
    else
      pass_over java "its libraries could not be fetched, see $work/java.log"
    fi
    return
  fi
  timeout 300 "${maven[@]}" surefire:test >"$work/java.log" 2>&1
  local status=$?
  grep -hE "^(Tests run|.*(FAILURE|ERROR)!)" "$work"/java/surefire-reports/*.txt | cut -c1-200
  judge java "$status"
}

# Left out by name, for that server's sake: it answers 500 when an absent item is read.
readonly VERCEL_CANNOT=DeleteRemoves:MissingRecordIsNotFound:SessionsOnOneLoopDoNotMixTheirAnswers

vercel() {
  command -v npm >/dev/null || { pass_over vercel "there is no npm"; return; }
  if ! (cd "$here/vercel" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error) \
    >"$work/vercel.log" 2>&1; then
    pass_over vercel "@vercel/cosmosdb-server could not be fetched, see $work/vercel.log"
    return
  fi
  coproc SERVER { exec node "$here/vercel/server.js" 2>>"$work/vercel.log"; }
  local pid="$SERVER_PID" endpoint=""
  read -r -t 30 endpoint <&"${SERVER[0]}"
  local filter="*" name
  filter+="-*.${VERCEL_CANNOT//:/\/*:*.}/*"
  WEIR_VERCEL_ENDPOINT="$endpoint" timeout 200 "$build/bin/vercel_contract" \
    --gtest_brief=1 --gtest_filter="$filter" 2>&1 | tee "$work/vercel_contract.log" | tail -n 60
  local status="${PIPESTATUS[0]}"
  kill "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  judge vercel "$status"
}

# The API server and its controllers are built of their Go modules, which takes minutes once.
kubernetes() {
  command -v go >/dev/null || { pass_over kubernetes "there is no go, 1.26 or newer"; return; }
  command -v kubectl >/dev/null || { pass_over kubernetes "there is no kubectl"; return; }
  if ! (cd "$here/kubernetes" && CGO_ENABLED=0 nice go build -trimpath -o "$work/kube" .) \
    >"$work/kubernetes.log" 2>&1; then
    pass_over kubernetes "the API server could not be built, see $work/kubernetes.log"
    return
  fi
  local status=0 test
  for test in api_test kubectl_test; do
    (cd "$here/../.." && timeout 300 node "$here/kubernetes/$test.mjs" "$work/kube" \
      "$build/bin/weir" "$work/kubernetes/$test") || status=1
  done
  judge kubernetes "$status"
}

[[ $# -gt 0 ]] || set -- python java vercel kubernetes
for part in "$@"; do
  case "$part" in
    python | java | vercel | kubernetes)
      say "$part"
      "$part"
      ;;
    *)
      echo "run.sh: there is no part $part: python, java, vercel, kubernetes" >&2
      exit 2
      ;;
  esac
done
[[ ${#passed_over[@]} == 0 ]] || say "not run: ${passed_over[*]}"
[[ ${#failed[@]} == 0 ]] || { say "failed: ${failed[*]}"; exit 1; }
