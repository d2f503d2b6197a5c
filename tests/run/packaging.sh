# shellcheck shell=bash
# Does the package that users install hold all they need, and nothing that only a checkout needs?

leg_packaging() {
  use_venv "$MAIN_CORE" || return 0
  local folder=$TMPDIR/packaging
  mkdir -p "$folder"
  check "build" ansible-galaxy collection build --output-path "$folder"
  check "what is in the package" package_contents "$folder"/hostpm-power-*.tar.gz
  # Not even the collections of the user may help.
  export ANSIBLE_COLLECTIONS_PATH=$folder/installed
  check "install" ansible-galaxy collection install --offline -p "$folder/installed" "$folder"/hostpm-power-*.tar.gz
  need_folder plugins/modules '[!_]*.py' || return 0
  check "documentation of the installed plugins" installed_documentation
}

package_contents() { # TARBALL
  local wrong=0 file
  tar -tzf "$1" | sed 's|^\./||' | sort >"$1.list"
  if grep -E '^(\.cache/|\.ansible/|\.git|\.ci/|\.venv|test$|tests/(unit|contract|integration|bench|run|output)|extensions/(guests|molecule)/|.*__pycache__|.*\.tar\.gz)' "$1.list"; then
    echo "these files do not belong into the package: add them to build_ignore in galaxy.yml"
    wrong=1
  fi
  while IFS= read -r -d '' file; do
    if ! grep -qxF "$file" "$1.list"; then
      echo "$file is missing from the package: build_ignore in galaxy.yml takes too much"
      wrong=1
    fi
  done < <(project_files plugins roles playbooks extensions docs meta changelogs COPYING README.md tests/config.yml |
    grep -zvE '^extensions/(guests|molecule)/')
  if ! grep -q '^extensions/lab/' "$1.list"; then
    echo "extensions/lab is not in the package"
    wrong=1
  fi
  return "$wrong"
}

# ansible-doc ends with 0 when it does not know a plugin: its output has to name it.
installed_documentation() {
  local file kind name wrong=0
  while IFS= read -r -d '' file; do
    name=$(basename "$file" .py)
    kind=$(basename "$(dirname "$file")")
    ansible-doc -t "${kind%s}" --json "hostpm.power.$name" >"$TMPDIR/doc" 2>&1 || true
    if ! grep -q "\"hostpm.power.$name\": {" "$TMPDIR/doc" || grep -q WARNING "$TMPDIR/doc"; then
      echo "ansible-doc cannot read hostpm.power.$name ($kind):"
      cat "$TMPDIR/doc"
      wrong=1
    fi
  done < <(project_files 'plugins/modules/[!_]*.py' 'plugins/filter/[!_]*.py')
  return "$wrong"
}
