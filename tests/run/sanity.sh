# shellcheck shell=bash disable=SC2153 # CACHE is set in common.sh
# ansible-test sanity on every core, in a clean copy of the checkout, and what keeps its silence from passing as success.

leg_sanity() {
  local core oldest count=0
  need_folder plugins || return 0
  if compgen -G 'tests/sanity/ignore*' >/dev/null; then
    record failed "ignore files" "tests/sanity may not hold any: mend what they hide"
  fi
  need_programs shellcheck=shellcheck || true
  # Each run uses one processor for most of its time.
  for core in "${CORES[@]}"; do
    use_venv "$core" || continue
    ((count++ < 2)) || wait -n
    say "  sanity on core $core ($(python -V))"
    in_background "$core" "$core" 20 --venv --python "$(python_version)" &
  done
  wait
  for core in "${CORES[@]}"; do
    [[ ! -e $TMPDIR/sanity-$core.log ]] || check "sanity on core $core" ended "$TMPDIR/sanity-$core"
  done
  [[ " ${CORES[*]} " == *" $MAIN_CORE "* ]] && use_venv "$MAIN_CORE" || return 0
  if oldest=$(find_python 3.9); then
    # ansible-test looks for it on PATH, and makes environments that link to where it was found.
    mkdir -p "$CACHE/ci/bin" && ln -sfn "$oldest" "$CACHE/ci/bin/python3.9"
    PATH+=:$CACHE/ci/bin
    check "import and compile on Python 3.9" sanity "$MAIN_CORE" 2 \
      --controller "origin:python=venv/$(python_version)" --target-python 3.9 --test import --test compile
  else
    skip "import and compile on Python 3.9" "no Python 3.9 found"
  fi
}

# in_background CORE ARGUMENT...: sanity, with its output and how it ended in files for `ended`.
in_background() {
  set +e
  (set -e && sanity "${@:2}") >"$TMPDIR/sanity-$1.log" 2>&1 3>&-
  echo "$?" >"$TMPDIR/sanity-$1.status"
}

python_version() { python -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

# copy_tree TREE: ansible-test must really be in ansible_collections/hostpm/power, and sees only what git lists.
copy_tree() {
  rm -rf "$1"
  mkdir -p "$1"
  project_files | tar --null -T - -c | tar -x -C "$1"
  git init -q "$1"
}

sanity() { # CORE LEAST ARGUMENT...: LEAST is how many tests must have run
  local output=$TMPDIR/sanity-$1 least=$2 status=0 tree=$CACHE/ci/tree-$1/ansible_collections/hostpm/power
  # Keeps its environments and caches apart from the user's.
  export HOME=$CACHE/ci/home-$1
  local_pip
  copy_tree "$tree"
  cd "$tree" || return 1
  ansible-test sanity --color no "${@:3}" 2>&1 | tee "$output" || status=$?
  if ((status)); then
    echo "all that was found:"
    grep '^ERROR:' "$output" || true
    return "$status"
  fi
  guard_sanity "$output" "$least"
}

# Green without having looked: no file seen, a test left out, a program missing, hardly a test run.
guard_sanity() { # OUTPUT LEAST
  local count
  if grep -E 'All targets skipped|Skipping sanity test|Required program .* not found|No applicable' "$1"; then
    echo "ansible-test left something out: see the lines above"
    return 1
  fi
  count=$(grep -c '^Running sanity test' "$1" || true)
  echo "$count sanity tests ran"
  ((count >= $2))
}

# ansible-test downloads pip's installer; the one inside Python serves as well, and without a network.
local_pip() {
  local name cache=$HOME/.ansible/test/cache
  python -c 'import ensurepip' 2>/dev/null || return 0
  mkdir -p "$cache"
  while IFS= read -r name; do
    echo 'import ensurepip; ensurepip.bootstrap(default_pip=True, upgrade=True)' >"$cache/get_pip_${name//./_}.py"
  done < <(python -c '
import pathlib, re, ansible_test
source = pathlib.Path(ansible_test.__file__).parent / "_internal/python_requirements.py"
print(*re.findall(r"\bpip=.([0-9.]+)", source.read_text()), sep="\n")')
}
