# shellcheck shell=bash disable=SC2153 # CACHE is set in common.sh
# ansible-test sanity on every core, in a clean copy of the checkout, and what keeps its silence from passing as success.

leg_sanity() {
  local core oldest
  need_folder plugins || return 0
  if compgen -G 'tests/sanity/ignore*' >/dev/null; then
    record failed "ignore files" "tests/sanity may not hold any: mend what they hide"
  fi
  need_programs shellcheck=shellcheck || true
  copy_tree
  for core in "${CORES[@]}"; do
    use_venv "$core" || continue
    say "  sanity on core $core ($(python -V))"
    check "sanity on core $core" sanity "$core" 20 --venv --python "$(python_version)"
    [[ $core == "$MAIN_CORE" ]] || continue
    if oldest=$(find_python 3.9); then
      # ansible-test looks for it on PATH, and makes environments that link to where it was found.
      mkdir -p "$CACHE/ci/bin" && ln -sfn "$oldest" "$CACHE/ci/bin/python3.9"
      PATH+=:$CACHE/ci/bin
      check "import and compile on Python 3.9" sanity "$core" 2 \
        --controller "origin:python=venv/$(python_version)" --target-python 3.9 --test import --test compile
    else
      skip "import and compile on Python 3.9" "no Python 3.9 found"
    fi
  done
}

python_version() { python -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

# ansible-test must really be in ansible_collections/hostpm/power, and sees only what a git repository lists.
readonly TREE=$CACHE/ci/tree/ansible_collections/hostpm/power

copy_tree() {
  rm -rf "$TREE"
  mkdir -p "$TREE"
  project_files | tar --null -T - -c | tar -x -C "$TREE"
  git init -q "$TREE"
}

sanity() { # CORE LEAST ARGUMENT...: LEAST is how many tests must have run
  local output=$TMPDIR/sanity-$1 least=$2 status=0
  # Keeps its environments and caches apart from the user's.
  export HOME=$CACHE/ci/home-$1
  local_pip
  cd "$TREE" || return 1
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
