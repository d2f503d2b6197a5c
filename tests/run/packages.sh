# shellcheck shell=bash
# Debian packages that the tests talk to: installed where that is possible, otherwise said.

can_install() { [[ $EUID == 0 ]] && type -P apt-get >/dev/null; }

apt_install() { # PACKAGE...
  say "  installing ${*}"
  (
    flock 8
    export DEBIAN_FRONTEND=noninteractive
    # Once a run: TMPDIR ends with it.
    if [[ ! -e $TMPDIR/apt-updated ]]; then
      apt-get update -q && touch "$TMPDIR/apt-updated"
    fi
    apt-get install -q -y --no-install-recommends "$@"
  ) 8>"$CACHE/lock/apt" 3>&-
}

# need_programs PROGRAM=PACKAGE...: a record for each that is still not there; false then.
need_programs() {
  local pair missing=()
  for pair in "$@"; do type -P "${pair%=*}" >/dev/null || missing+=("${pair#*=}"); done
  ((${#missing[@]})) || return 0
  if can_install; then apt_install "${missing[@]}" || true; fi
  missing=()
  for pair in "$@"; do
    type -P "${pair%=*}" >/dev/null || missing+=("$pair")
  done
  ((${#missing[@]})) || return 0
  for pair in "${missing[@]}"; do skip "program ${pair%=*}" "not found: install the package ${pair#*=}"; done
  return 1
}
