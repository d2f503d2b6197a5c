# shellcheck shell=bash
# The legs that are pytest runs, each on one or several versions of ansible-core.

run_pytest() { # CORE ARGUMENT...
  local core=$1 from status=0 report=$CACHE/result/$TEST_LEG/$1.xml
  shift
  use_venv "$core" || return 0
  from=$(log_lines)
  say "  $TEST_LEG on core $core ($(python -V))"
  echo "==== pytest on core $core: $*"
  env ANSIBLE_COLLECTIONS_PATH="$COLLECTIONS" python -m pytest --junit-xml="$report" "$@" 3>&- || status=$?
  record pytest "core $core" "$status" "$from" "$(log_lines)" "$report"
}

# They import nothing of Ansible: once for each version of Python is enough, and the oldest core has that of the main one.
readonly WITHOUT_ANSIBLE=(--ignore=tests/unit/fencing --ignore=tests/unit/lab --ignore=tests/unit/guests)

leg_unit() {
  local core less
  need_folder tests/unit '*test_*.py' || return 0
  need_programs xmllint=libxml2-utils || true
  for core in "${CORES[@]}"; do
    less=()
    if [[ $core == "${ALL_CORES[0]}" && " ${CORES[*]} " == *" $MAIN_CORE "* ]]; then less=("${WITHOUT_ANSIBLE[@]}"); fi
    run_pytest "$core" -q -n auto "${less[@]}" tests/unit "$@"
  done
}

# The peers that the drivers are held against.
readonly PEERS=(ipmi_sim=openipmi ipmitool=ipmitool ipmipower=freeipmi-tools fence_ipmilan=fence-agents)

leg_contract() {
  need_folder tests/contract '*test_*.py' || return 0
  need_programs "${PEERS[@]}" || true
  # Installed without what it only recommends: what it requires must be enough to start.
  if type -P fence_ipmilan >/dev/null; then check "fence_ipmilan starts" fence_ipmilan -o metadata; fi
  # most of the time is spent waiting for a peer
  run_pytest "$MAIN_CORE" -v -n 3 tests/contract "$@"
}

leg_integration() {
  local core
  # Each file has a lab of its own; most of the time is spent waiting for ansible to start.
  local -ar side_by_side=(-n 4 --dist loadfile)
  need_folder tests/integration '*test_*.py' || return 0
  need_programs "${PEERS[@]}" || true
  for core in "${CORES[@]}"; do
    if [[ $core == "$MAIN_CORE" ]]; then
      run_pytest "$core" -v "${side_by_side[@]}" tests/integration "$@"
    else
      run_pytest "$core" -v "${side_by_side[@]}" -m every_core tests/integration "$@"
    fi
  done
}
