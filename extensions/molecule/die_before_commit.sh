#!/usr/bin/env bash
# Prepares a sleep of HOST and dies while the host still checks, as a controller does that loses its power.
# usage: die_before_commit.sh INVENTORY HOST [OPTION OF ansible ...]
set -euo pipefail

readonly MARK=/run/lab-checking
log=$(mktemp)
trap 'rm -f "$log"' EXIT
there() { "$PM_GUESTS" ssh "$1" test -e "$MARK" >/dev/null 2>&1; }

ansible -i "$@" -m hostpm.power.pm_suspend \
  -a '{"duration": 600, "wake_proof": "armed", "busy_check": ["touch '$MARK'; sleep 15; rm '$MARK'"]}' >"$log" 2>&1 &
play=$!
for ((tries = 0; tries < 60; tries++)); do
  if there "$2"; then
    kill -KILL "$play"
    wait "$play" 2>/dev/null || true
    exit 0
  fi
  kill -0 "$play" 2>/dev/null || break
done
kill -KILL "$play" 2>/dev/null || true
cat "$log" >&2
exit 1
