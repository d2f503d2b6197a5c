"""What the documentation says is what the code takes: options of modules against specs, the generated fragment."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import runpy
import typing as t

import collection_path
import pytest
from ansible.plugins.loader import fragment_loader
from ansible.utils.plugin_docs import get_docstring
from ansible_collections.hostpm.power.plugins.module_utils._drivers.registry import DRIVERS
from ansible_collections.hostpm.power.plugins.module_utils._fencing import report as fencing
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import Host, Request
from ansible_collections.hostpm.power.plugins.module_utils._options import FENCE_OPTIONS
from ansible_collections.hostpm.power.plugins.module_utils._suspend import MODULE_OPTIONS, result
from ansible_collections.hostpm.power.plugins.module_utils._wake import report as waking
from ansible_collections.hostpm.power.plugins.module_utils._wake.model import Wake
from ansible_collections.hostpm.power.plugins.module_utils._wake.options import WAKE_OPTIONS
from ansible_collections.hostpm.power.plugins.modules import pm_capabilities

PLUGINS = collection_path.CHECKOUT / "plugins"
#: Each module and the argument spec that it really uses.
SPECS: dict[str, t.Mapping[str, t.Any]] = {
    "pm_capabilities": pm_capabilities.OPTIONS,
    "pm_fence": FENCE_OPTIONS,
    "pm_suspend": MODULE_OPTIONS,
    "pm_wake": WAKE_OPTIONS,
}
#: Each module that has one shape of result for all its outcomes, and an empty one of its core.
RESULTS: dict[str, t.Mapping[str, t.Any]] = {
    "pm_fence": {**fencing.empty_result(Host("node", ()), Request("status"), "localhost"), "plan": {}},
    "pm_suspend": result({"action": "suspend", "mode": "mem"}, "slept", ""),
    "pm_wake": {**waking.empty_result(Wake("node", ()), "localhost"), "plan": {}},
}
#: What documentation and spec call the same, but no_log, which only the spec has.
SHARED = ("type", "elements", "default", "choices", "required")


def documentation(module: str) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    doc, _examples, returns, _metadata = get_docstring(
        str(PLUGINS / "modules" / f"{module}.py"),
        fragment_loader,
        collection_name="hostpm.power",
        plugin_type="module",
    )
    return doc, returns


def differences(path: str, spec: t.Mapping[str, t.Any], doc: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """Every place at which the two disagree."""
    for name in sorted({*spec, *doc}):
        where = f"{path}{name}"
        if name not in doc or name not in spec:
            yield f"{where} is only in the {'spec' if name in spec else 'documentation'}"
            continue
        for key in SHARED:
            told, taken = doc[name].get(key), spec[name].get(key)
            if key == "required":
                told, taken = bool(told), bool(taken)
            if told != taken:
                yield f"{where}: {key} is {taken!r} in the spec, {told!r} in the documentation"
        if not doc[name].get("description"):
            yield f"{where} is not described"
        yield from differences(f"{where}.", spec[name].get("options", {}), doc[name].get("suboptions", {}))


def test_there_is_a_spec_for_every_module() -> None:
    assert {path.stem for path in (PLUGINS / "modules").glob("*.py")} == set(SPECS)


@pytest.mark.parametrize("module", SPECS)
def test_the_options_are_those_of_the_spec(module: str) -> None:
    doc, _returns = documentation(module)
    assert list(differences("", SPECS[module], doc["options"])) == []


def test_a_difference_is_found() -> None:
    spec = {"a": {"type": "str", "options": {"b": {"type": "int", "default": 1}}}, "c": {"type": "str"}}
    doc = {"a": {"type": "str", "description": "x", "suboptions": {"b": {"type": "int", "description": "x"}}}}
    assert list(differences("", spec, doc)) == [
        "a.b: default is 1 in the spec, None in the documentation",
        "c is only in the spec",
    ]


def test_every_driver_documents_its_options() -> None:
    for name, driver in DRIVERS.items():
        assert set(driver.DOCS) == {"", *driver.OPTIONS}, name
        assert all(driver.DOCS.values()), name


def test_secrets_of_drivers_are_marked() -> None:
    """A new option whose name sounds like a secret must say whether it is one."""
    words = ("password", "secret", "token", "kg", "key")
    for name, driver in DRIVERS.items():
        for option, spec in driver.OPTIONS.items():
            if any(word in option for word in words):
                assert "no_log" in spec, f"{name}.{option}"


def test_the_generated_fragment_is_the_committed_one() -> None:
    generator = runpy.run_path(str(collection_path.CHECKOUT / "tests" / "run" / "agents_doc.py"))
    committed = (PLUGINS / "doc_fragments" / "_agents.py").read_text(encoding="utf-8")
    assert generator["render"]() == committed, "run: python tests/run/agents_doc.py"


@pytest.mark.parametrize("module", RESULTS)
def test_every_key_of_a_result_is_documented(module: str) -> None:
    _doc, returns = documentation(module)
    cores = {"failed", "changed", "warnings"}
    assert set(returns) == ({*RESULTS[module], "msg"} - cores)
