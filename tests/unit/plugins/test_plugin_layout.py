"""Rules of the source tree: which way imports go, how long files may be, what each file begins with."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
import typing as t
from pathlib import Path, PurePosixPath

import collection_path
import pytest

PLUGINS = collection_path.CHECKOUT / "plugins"
FILES = sorted(path.relative_to(PLUGINS).as_posix() for path in PLUGINS.rglob("*.py"))
LONGEST = 250

#: Where a file lies: what of the collection it may import, and whether it may import ansible. The longest place counts.
RULES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "action": (("plugin_utils", "module_utils"), ("ansible",)),
    "filter": (("plugin_utils", "module_utils"), ("ansible",)),
    "plugin_utils": (("plugin_utils", "module_utils"), ("ansible",)),
    "modules": (("module_utils",), ("ansible.module_utils",)),
    "module_utils": (("module_utils",), ("ansible.module_utils",)),
    "module_utils/_fencing": (("module_utils/_fencing",), ()),
    "module_utils/_sleep": (("module_utils/_sleep",), ()),
    "module_utils/_drivers": (
        (
            "module_utils/_drivers",
            "module_utils/_fencing/model",
            "module_utils/_fencing/errors",
            "module_utils/_fencing/driver",
        ),
        ("ansible.module_utils.urls",),
    ),
    "doc_fragments": ((), ()),
}


def imports(file: str, source: str) -> t.Iterator[tuple[bool, str]]:
    """Every import of a file, also in functions: whether it is of the collection, and what."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((False, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield False, str(node.module)
        elif isinstance(node, ast.ImportFrom):
            base = PurePosixPath(file).parents[node.level - 1]
            target = base.joinpath(*(node.module or "").split("."))
            if node.module is None:  # from . import name
                yield from ((True, (target / alias.name).as_posix()) for alias in node.names)
            else:
                yield True, target.as_posix()


def is_below(target: str, allowed: t.Iterable[str], separator: str) -> bool:
    return any(target == place or target.startswith(place + separator) for place in allowed)


def violations(file: str, source: str) -> list[str]:
    place = max((place for place in RULES if file.startswith(place + "/")), key=len)
    own, ansible = RULES[place]
    wrong = []
    for is_own, target in imports(file, source):
        if is_own and not is_below(target, own, "/"):
            wrong.append(f"{file} imports {target}")
        elif target.split(".")[0] == "ansible_collections":
            wrong.append(f"{file} imports {target}: imports of the collection are relative")
        elif not is_own and target.split(".")[0] == "ansible" and not is_below(target, ansible, "."):
            wrong.append(f"{file} imports {target}")
    return wrong


@pytest.mark.parametrize("file", FILES)
def test_imports_go_one_way(file: str) -> None:
    assert violations(file, (PLUGINS / file).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("module_utils/_fencing/engine.py", "from .._drivers.registry import DRIVERS"),
        ("module_utils/_fencing/engine.py", "from ansible.module_utils.basic import AnsibleModule"),
        ("module_utils/_drivers/x.py", "def f():\n    from .._fencing.engine import Engine"),
        ("module_utils/_drivers/x.py", "from .._fencing import engine"),
        ("module_utils/_task.py", "from ..plugin_utils._variables import resolve"),
        (
            "module_utils/_task.py",
            "from ansible_collections.hostpm.power.plugins.module_utils import _agents",
        ),
        ("modules/x.py", "from ansible.errors import AnsibleError"),
        ("plugin_utils/x.py", "from ..action.pm_fence import ActionModule"),
    ],
)
def test_a_wrong_import_is_found(file: str, line: str) -> None:
    assert len(violations(file, line)) == 1


def code_lines(source: str) -> int:
    """Lines of a file without its documentation blocks."""
    count = len(source.splitlines())
    for node in ast.parse(source).body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            names = {target.id for target in node.targets if isinstance(target, ast.Name)}
            if names & {"DOCUMENTATION", "EXAMPLES", "RETURN"}:
                count -= int(node.end_lineno or node.lineno) - node.lineno + 1
    return count


@pytest.mark.parametrize("file", [file for file in FILES if not file.startswith("doc_fragments/")])
def test_no_file_is_too_long(file: str) -> None:
    assert code_lines((PLUGINS / file).read_text(encoding="utf-8")) <= LONGEST


@pytest.mark.parametrize("file", FILES)
def test_a_file_says_what_it_is_for_and_carries_the_license(file: str) -> None:
    source = (PLUGINS / file).read_text(encoding="utf-8")
    if Path(file).name == "__init__.py":
        assert source == ""
        return
    assert "SPDX-License-Identifier: GPL-3.0-or-later" in source
    assert "from __future__ import annotations" in source
    if not file.startswith("modules/"):  # they begin with their shebang and say it in DOCUMENTATION
        assert ast.get_docstring(ast.parse(source)), "the first line says what the file is for"
