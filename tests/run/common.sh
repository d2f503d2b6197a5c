# shellcheck shell=bash disable=SC2034 # the files that source this one use them
# What ./test and its legs share: where things are, what is said, and how the outcome of a check is kept.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
CACHE=$ROOT/.cache
readonly ROOT CACHE
# The oldest supported ansible-core, the one that is developed on, and the newest.
readonly ALL_CORES=(2.16 2.19 2.21) MAIN_CORE=2.19
# Progress goes to descriptor 3: the terminal, while a leg's output goes to its log.
[[ -n ${TEST_LEG:-} ]] || exec 3>&1

say() { echo "$*" >&3; }

# What the user has set for ansible or python must not decide how the tests end.
clean_environment() {
  local name kept=
  for name in "${!ANSIBLE_@}"; do unset "$name"; done
  unset PYTHONPATH PYTHONHOME VIRTUAL_ENV PYTEST_ADDOPTS
  # Shims (pyenv and its like) start versions that are not installed: ansible-test dies of them.
  while IFS= read -r -d : name; do
    [[ -z $name || $name == */shims ]] || kept+=${kept:+:}$name
  done <<<"$PATH:"
  # fence agents and daemons live in sbin, which is not on everybody's path
  export PATH="$kept:/usr/sbin:/sbin"
  export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONNOUSERSITE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
  export NO_COLOR=1 ANSIBLE_NOCOLOR=1 HYPOTHESIS_STORAGE_DIRECTORY=$CACHE/hypothesis
}

# Everything below belongs to a leg; tests/run/tally.py reads the records.
record() { (IFS=$'\t' && echo "$*") >>"$CACHE/result/$TEST_LEG/records.tsv"; }
log_lines() { wc -l <"$CACHE/log/$TEST_LEG.log"; }
skip() { # NAME WHY
  echo "SKIPPED: $1: $2"
  record skipped "$1" "$2"
}

# check NAME COMMAND...: runs it and keeps how it ended; the leg goes on with the next check.
# Call it plainly, never after `if` or before `||`: bash would ignore `set -e` in all that it runs.
check() {
  local name=$1 from status
  shift
  from=$(log_lines)
  echo "==== $name"
  set +e
  (set -e && "$@") 3>&-
  status=$?
  set -e
  if ((status == 0)); then record passed "$name"; else record failed "$name" "exit status $status" "$from" "$(log_lines)"; fi
}

# The output of a step in the background and how it ended (STEP.log, STEP.status), for a check when all are over.
ended() { # STEP
  if [[ ! -e $1.status ]]; then
    echo "it has not ended"
    return 1
  fi
  cat "$1.log"
  return "$(<"$1.status")"
}

# The files of the checkout as git would commit them, NUL-terminated: made ones stay out.
project_files() {
  local file
  # It warns of folders that are not there yet.
  git -c safe.directory="$ROOT" ls-files -coz --exclude-standard -- "$@" 2>/dev/null |
    while IFS= read -r -d '' file; do [[ -L $file || -f $file ]] && printf '%s\0' "$file"; done || true
}

# need_folder FOLDER [FILES]: false, with a record, unless it holds a file (one of the pattern FILES).
need_folder() {
  [[ -z $(project_files "$1/${2:-*}" | tr -d '\0') ]] || return 0
  skip "$TEST_LEG" "nothing in $1/${2:-} yet"
  return 1
}
