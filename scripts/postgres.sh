#!/usr/bin/env bash
# A throwaway PostgreSQL: its own data directory and port, an unprivileged user, gone afterwards.
# Never touches a PostgreSQL that the machine runs.
#
#   scripts/postgres.sh start DIR PORT   starts a server that stays; prints its port (0: a free one)
#   scripts/postgres.sh stop DIR         stops it and removes DIR
#   scripts/postgres.sh hold DIR PORT    starts a server that lives as long as this script: takes
#                                        "kill", "start" and "stop" on stdin, answers "ok" or
#                                        "failed"; at the end of stdin it stops the server and
#                                        removes DIR
#
# DIR is new or empty. WEIR_PG_PASSWORD: the password of user postgres (scram); without it everyone
# on this machine is trusted. WEIR_PG_OPTIONS: more server options, such as "-c fsync=off".
# WEIR_PG_BIN: where the binaries are.
set -euo pipefail

fail() {
  echo "postgres.sh: $*" >&2
  exit 1
}

find_binaries() {
  local folder
  for folder in "${WEIR_PG_BIN:-}" /usr/lib/postgresql/15/bin /usr/lib/postgresql/*/bin; do
    if [[ -n "$folder" && -x "$folder/initdb" ]]; then
      echo "$folder"
      return
    fi
  done
  fail "no PostgreSQL server found: apt-get install postgresql-15 (or set WEIR_PG_BIN)"
}

# PostgreSQL refuses to run as root.
server_user() {
  if [[ "$(id -u)" != 0 ]]; then
    id -un
  elif getent passwd postgres >/dev/null; then
    echo postgres
  else
    echo nobody
  fi
}

as_user() {
  if [[ "$(id -u)" != 0 ]]; then
    "$@"
  else
    (cd / && setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups -- "$@")
  fi
}

create_cluster() {
  [[ -z "$(ls -A "$dir" 2>/dev/null)" ]] || fail "$dir is not empty"
  mkdir -p "$dir"
  chmod 700 "$dir"
  : >"$dir/weir-throwaway-postgres"
  [[ "$(id -u)" != 0 ]] || chown -R "$user" "$dir"
  as_user test -w "$dir" || fail "user $user cannot reach $dir: choose a directory below /tmp"
  local auth=(--auth=trust)
  if [[ -n "${WEIR_PG_PASSWORD:-}" ]]; then
    (umask 077 && as_user tee "$dir/password" <<<"$WEIR_PG_PASSWORD" >/dev/null)
    auth=(--auth=scram-sha-256 "--pwfile=$dir/password")
  fi
  as_user "$bin/initdb" -D "$dir/data" -U postgres -E UTF8 --locale=C.UTF-8 --no-sync "${auth[@]}" \
    >"$dir/initdb.log" 2>&1 || fail "initdb: $(tail -n 3 "$dir/initdb.log" | tr '\n' ' ')"
  rm -f "$dir/password"
  cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$dir'
logging_collector = off
CONF
}

# Nobody listens on it now.
free_port() {
  local candidate
  while true; do
    candidate=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
}

server_log() {
  tail -n 5 "$dir/server.log" 2>/dev/null | tr '\n' ' '
}

remove_directory() {
  [[ -e "$dir/weir-throwaway-postgres" ]] || fail "$dir is not a throwaway PostgreSQL"
  rm -rf "$dir"
}

start_detached() {
  create_cluster
  # shellcheck disable=SC2086  # several options in one variable
  as_user "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 60 -o "${WEIR_PG_OPTIONS:-}" \
    start >/dev/null </dev/null || fail "the server did not start: $(server_log)"
  echo "$port"
}

stop_detached() {
  [[ -d "$dir" ]] || return 0
  if [[ -e "$dir/data/postmaster.pid" ]]; then
    as_user "$bin/pg_ctl" -D "$dir/data" -m fast -w stop >/dev/null ||
      as_user "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null || true
  fi
  remove_directory
}

# ------------------------------------------------------------------------------------- hold

server=

# The kernel stops the server when this script dies, however it dies.
start_held() {
  local unprivileged=()
  [[ "$(id -u)" != 0 ]] || unprivileged=(--reuid "$user" --regid "$(id -g "$user")" --init-groups)
  # shellcheck disable=SC2086
  setpriv "${unprivileged[@]}" --pdeathsig QUIT -- \
    "$bin/postgres" -D "$dir/data" ${WEIR_PG_OPTIONS:-} >>"$dir/server.log" 2>&1 </dev/null &
  server=$!
  local tries
  for ((tries = 0; tries < 600; ++tries)); do
    if grep -qs '^ready' "$dir/data/postmaster.pid" && kill -0 "$server" 2>/dev/null; then
      return 0
    fi
    kill -0 "$server" 2>/dev/null || return 1
    sleep 0.05
  done
  return 1
}

end_held() {
  [[ -n "$server" ]] || return 0
  kill "-$1" "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=
}

hold() {
  trap 'end_held QUIT; remove_directory' EXIT
  trap 'exit 1' INT TERM HUP
  trap '' PIPE
  create_cluster
  start_held || fail "the server did not start: $(server_log)"
  echo ok
  local command
  while read -r command; do
    case "$command" in
      kill) end_held QUIT && echo ok ;;
      stop) end_held INT && echo ok ;;
      start) if start_held; then echo ok; else echo failed; fi ;;
      *) echo failed ;;
    esac
  done
}

[[ $# -ge 2 ]] || fail "usage: postgres.sh start DIR PORT | stop DIR | hold DIR PORT"
command=$1
dir=$(realpath -m "$2")
port=${3:-}
bin=$(find_binaries)
user=$(server_user)
case "$command" in
  start | hold) [[ "$port" =~ ^[0-9]+$ ]] || fail "$command needs a port" ;;&
  start) [[ "$port" != 0 ]] || port=$(free_port) ;;&
  start) start_detached ;;
  hold) hold ;;
  stop) stop_detached ;;
  *) fail "unknown command $command" ;;
esac
