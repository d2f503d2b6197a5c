#!/usr/bin/env bash
# One leg of ./test, which starts it with a clean environment, a time limit and a log: leg.sh NAME [PYTEST ARGUMENT ...]
set -euo pipefail
export TEST_LEG=$1
shift
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
for part in common python packages pytest sanity packaging guests; do
  # shellcheck source=/dev/null
  source "tests/run/$part.sh"
done
# shellcheck disable=SC2034 # use_venv starts from it
readonly CLEAN_PATH=$PATH
read -ra CORES <<<"${TEST_CORES:-${ALL_CORES[*]}}"
# shellcheck disable=SC2034 # the legs go through them
readonly CORES

leg_lint() {
  local -a scripts
  use_venv "$MAIN_CORE" || return 0
  export ANSIBLE_COLLECTIONS_PATH=$COLLECTIONS
  check "ruff check" ruff check .
  check "ruff format (mend with: .cache/venv-$MAIN_CORE/bin/ruff format)" ruff format --diff .
  check "yamllint" yamllint -s .
  check "ansible-lint" ansible-lint --offline --profile production -q
  check "antsibull-changelog lint" antsibull-changelog lint
  if need_programs shellcheck=shellcheck; then
    mapfile -t scripts < <(project_files | xargs -0 grep -lE -m1 '^#!/usr/bin/env bash|^# shellcheck shell=bash')
    check "shellcheck" shellcheck -x "${scripts[@]}"
  fi
}

leg_types() {
  local folder targets=()
  use_venv "$MAIN_CORE" || return 0
  for folder in plugins/{module_utils,plugin_utils,action,filter,modules} extensions/lab extensions/guests; do
    [[ -z $(project_files "$folder/*.py" | tr -d '\0') ]] || targets+=("$folder")
  done
  if ((${#targets[@]} == 0)); then
    skip types "no such folder: plugins, extensions/lab, extensions/guests"
    return
  fi
  check "mypy ${targets[*]}" mypy "${targets[@]}"
}

leg_docs() {
  need_folder plugins || return 0
  use_venv "$MAIN_CORE" || return 0
  export ANSIBLE_COLLECTIONS_PATH=$COLLECTIONS
  check "antsibull-docs" antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=self .
}

leg_demo() {
  # as from a shell of its own: it is no part of a leg
  check "./demo" demo_shown
  check "what it showed of this machine" demo_showed_the_machine
  if need_programs xmllint=libxml2-utils; then check "its XML" demo_showed_valid_xml; fi
}

demo_shown() { env -u TEST_LEG ./demo 2>&1 | tee "$TMPDIR/demo.txt"; }

demo_showed_the_machine() {
  local part
  part=$(<"$CACHE/demo/machine.txt")
  [[ $(grep -c '^As XML' <<<"$part") == 2 && $(<"$TMPDIR/demo.txt") == *"$part"* ]]
}

demo_showed_valid_xml() {
  local form
  for form in libvirt 2011; do
    # without a document where nothing was probed
    [[ $(<"$CACHE/demo/machine.$form.xml") == "" ]] ||
      xmllint --noout --nonet --relaxng extensions/schemas/power_management.rng "$CACHE/demo/machine.$form.xml"
  done
}

leg_bench() {
  need_folder tests/bench run.py || return 0
  need_programs "${PEERS[@]}" || true
  use_venv peers || return 0
  export ANSIBLE_COLLECTIONS_PATH=$COLLECTIONS
  check "bench" python tests/bench/run.py --quick
}

# The same link that the tests use; made without ansible, so any interpreter will do.
COLLECTIONS=$("$(any_python)" -c 'import sys; sys.path.insert(0, "tests"); import collection_path as c; print(c.collections_root())')
readonly COLLECTIONS
"leg_$TEST_LEG" "$@"
