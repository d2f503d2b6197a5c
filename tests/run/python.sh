# shellcheck shell=bash
# Finds interpreters that really run, and makes one virtual environment for each version of ansible-core.

# Which Python each core is tested on, the preferred one first.
declare -rA PYTHONS=(
  [2.16]="3.11 3.12"
  [2.19]="3.11 3.12 3.13"
  [2.21]="3.13 3.14 3.12"
  [peers]="3.11 3.12 3.13"
  [guests]="3.11 3.12 3.13"
)

# find_python X.Y: prints the first interpreter of this version that runs. Version managers keep theirs off PATH.
find_python() {
  local version=$1 candidate managed
  local -a candidates=()
  mapfile -t candidates < <(type -ap "python$version" python3)
  managed=$(pyenv root 2>/dev/null || echo "${PYENV_ROOT:-$HOME/.pyenv}")
  candidates+=("$managed/versions/$version"*"/bin/python$version")
  candidates+=("$HOME/.local/share/uv/python/cpython-$version"*"/bin/python$version")
  for candidate in "${candidates[@]}"; do
    if [[ -x $candidate && $("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) == "$version" ]]; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

first_python() { # VERSION...
  local version
  for version in "$@"; do find_python "$version" && return; done
  return 1
}

any_python() { first_python 3.11 3.12 3.13 3.14; }

# Interpreter lines and ansible break at a space: below such a checkout environments are used through a link.
venvs() {
  local link
  if [[ $CACHE != *[[:space:]]* ]]; then
    echo "$CACHE"
    return
  fi
  link=/tmp/hostpm-$EUID-$(sha256sum <<<"$CACHE" | cut -c1-12)
  ln -sfn "$CACHE" "$link"
  echo "$link"
}

# use_venv NAME: puts the environment of this core (or "peers", "guests") first on PATH and into VENV; makes it where needed.
# Without an interpreter for it: a skipped check, and false.
use_venv() {
  local name=$1 python stamp from
  local -a specs more=()
  VENV=$(venvs)/venv-$name
  # shellcheck disable=SC2086 # a list of versions
  if ! python=$(first_python ${PYTHONS[$name]}); then
    skip "environment $name" "no Python ${PYTHONS[$name]// / or } found"
    return 1
  fi
  specs=(-r tests/requirements.txt)
  case $name in
    peers) specs+=(-r tests/requirements-peers.txt) ;;
    guests)
      more=(extensions/molecule/requirements.txt)
      specs+=("ansible-core==$MAIN_CORE.*" -r "${more[0]}")
      ;;
    "$MAIN_CORE") specs+=("ansible-core==$name.*" -r tests/requirements-tools.txt) ;;
    *) specs+=("ansible-core==$name.*") ;;
  esac
  from=$(log_lines)
  # The place belongs to it: environments cannot be moved.
  stamp=$(cat tests/requirements*.txt "${more[@]}" <(echo "${specs[@]}" "$VENV" && "$python" -VV) | sha256sum)
  (
    flock 8 # legs of two runs may want it at the same moment
    [[ $stamp == "$(cat "$VENV/stamp" 2>/dev/null)" ]] || make_venv "$python" "$stamp" "${specs[@]}"
  ) 8>"$CACHE/lock/venv-$name" || {
    record failed "environment $name" "could not be made" "$from" "$(log_lines)"
    return 1
  }
  export PATH="$VENV/bin:$CLEAN_PATH"
}

make_venv() { # PYTHON STAMP SPEC...
  local python=$1 stamp=$2 begin=$SECONDS
  shift 2
  say "  making .cache/${VENV##*/} with $("$python" -V) ($python)"
  rm -rf "$VENV"
  bare_venv "$python" || return 1
  "$VENV/bin/python" -m pip install --quiet --progress-bar off "$@" 3>&- 8>&- || return 1
  echo "$stamp" >"$VENV/stamp"
  say "  made in $((SECONDS - begin)) s"
}

# Debian splits the part of venv that brings pip into a package of its own.
bare_venv() { # PYTHON
  if ! "$1" -c 'import ensurepip, venv' 2>/dev/null && can_install; then
    apt_install "$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" || true
  fi
  if "$1" -c 'import ensurepip, venv' 2>/dev/null; then
    "$1" -m venv "$VENV"
  elif "$1" -m pip --version >/dev/null 2>&1; then
    "$1" -m pip install --quiet --target "$CACHE/virtualenv" virtualenv || return 1
    PYTHONPATH=$CACHE/virtualenv "$1" -m virtualenv --quiet "$VENV"
  else
    say "  $1 has neither venv with ensurepip nor pip: install them (Debian: apt-get install python3-venv) and start again"
    return 1
  fi
}
