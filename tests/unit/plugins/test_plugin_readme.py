"""The README's tables of outcomes: every word of each module, and how the task ends with it."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t

import collection_path
import pytest
from ansible_collections.hostpm.power.plugins.module_utils import _suspend
from ansible_collections.hostpm.power.plugins.module_utils._fencing import outcome as fencing
from ansible_collections.hostpm.power.plugins.module_utils._wake import model as waking
from test_plugin_docs import documentation

README = (collection_path.CHECKOUT / "README.md").read_text(encoding="utf-8")
#: Each module: the head of its table, the outcomes that fail the task, and those that only warn.
TABLES: dict[str, tuple[str, t.Collection[str], t.Collection[str]]] = {
    "pm_fence": ("outcome", fencing.FAILED, {"on_unverified", *fencing.PARTIAL}),
    "pm_suspend": ("outcome of `pm_suspend`", (), _suspend.WARNED),
    "pm_wake": ("outcome of `pm_wake`", waking.FAILED, {"unverified"}),
}


def table(head: str) -> dict[str, str]:
    """How the task ends with each outcome."""
    match = re.search(rf"^\| {re.escape(head)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", README, re.MULTILINE)
    assert match, f"the README has no table | {head} |"
    found = {}
    for row in match[1].splitlines():
        words, task, _meaning = (cell.strip() for cell in row.strip("|").split("|"))
        found.update(dict.fromkeys(re.findall(r"`(\w+)`", words), task))
    return found


@pytest.mark.parametrize("module", TABLES)
def test_every_outcome_is_in_the_readme(module: str) -> None:
    _doc, returns = documentation(module)
    documented = set(re.findall(r"V\((\w+)\)", " ".join(returns["outcome"]["description"])))
    assert set(table(TABLES[module][0])) == documented


@pytest.mark.parametrize("module", TABLES)
def test_how_the_task_ends(module: str) -> None:
    head, failed, warned = TABLES[module]
    for word, task in table(head).items():
        fails = word not in _suspend.OK | _suspend.WARNED if module == "pm_suspend" else word in failed
        assert task == ("failed" if fails else "ok, with a warning" if word in warned else "ok"), word
