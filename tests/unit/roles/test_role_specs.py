"""The roles' argument specs against their defaults, and what each role has to have."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t

import jinja2
import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.filter.core import FilterModule as CoreFilters
from ansible.plugins.filter.mathstuff import FilterModule as MathFilters
from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import RecordedMachine
from ansible_collections.hostpm.power.plugins.module_utils._sleep.wol import wake_on_lan
from jinja2.nativetypes import NativeEnvironment
from role_kit import NAMES, ROLES, load

OPTION_KEYS = ("type", "elements", "choices", "default")


def options(role: str) -> dict[str, t.Any]:
    return t.cast(
        "dict[str, t.Any]", load(f"{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    )


@pytest.mark.parametrize("role", NAMES)
def test_each_option_has_its_default_in_both_places(role: str) -> None:
    told = {name: option["default"] for name, option in options(role).items()}
    assert load(f"{role}/defaults/main.yml") == told, f"{role}: defaults and argument_specs differ"


@pytest.mark.parametrize("role", NAMES)
def test_the_defaults_pass_their_own_spec(role: str) -> None:
    spec = {
        name: {key: option[key] for key in OPTION_KEYS if key in option}
        for name, option in options(role).items()
    }
    checked = ArgumentSpecValidator(spec).validate(load(f"{role}/defaults/main.yml"))
    assert checked.error_messages == [], f"{role}: its defaults are refused"


@pytest.mark.parametrize("role", NAMES)
def test_each_option_is_the_roles_own_and_documented(role: str) -> None:
    readme = (ROLES / role / "README.md").read_text(encoding="utf-8")
    for name, option in options(role).items():
        assert name.startswith(f"{role}_"), f"{name} is not a name of the role {role}"
        assert option.get("description"), f"{name} has no description"
        assert f"`{name}`" in readme, f"{role}/README.md does not tell of {name}"


@pytest.mark.parametrize("role", NAMES)
def test_each_option_is_used(role: str) -> None:
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROLES / role).rglob("*")
        if path.parent.name in ("tasks", "templates")
    )
    for name in options(role):
        assert re.search(rf"\b{name}\b", text), f"{name} is documented, but nothing uses it"


@pytest.mark.parametrize("role", NAMES)
def test_a_role_needs_nothing_but_core_and_this_collection(role: str) -> None:
    assert load(f"{role}/meta/main.yml")["dependencies"] == []
    for path in (ROLES / role).glob("tasks/*.yml"):
        modules = re.findall(r"(?m)^\s+([a-z_]+\.[a-z_]+\.[a-z_]+):", path.read_text(encoding="utf-8"))
        assert modules, f"{path} has no module by its full name"
        foreign = [one for one in modules if not one.startswith(("ansible.builtin.", "hostpm.power."))]
        assert foreign == [], f"{path} uses {foreign}"


def test_a_sender_that_names_an_interface_is_root() -> None:
    """The interface is the role's own variable, or the host's that pm_wake takes in its place."""
    tasks = load("wake_on_lan/tasks/sleep.yml")
    become = next(task["become"] for task in tasks if "hostpm.power.pm_wake" in task)
    ask = jinja2.Environment().from_string(become)
    given = (
        {"wake_on_lan_proxy_interface": one, **more}
        for one in ("", "eth1")
        for more in ({}, {"pm_interface": "eth0"})
    )
    assert [ask.render(**one) for one in given] == ["False", "True", "True", "True"]


@pytest.mark.parametrize(
    ("problem", "ways", "checks", "told"),
    [
        ("", {"mem": "armed", "disk": "exercised"}, False, ""),
        (
            "",
            {"mem": "not possible: no alarm", "disk": "armed", "hybrid": "not possible: no swap"},
            False,
            "mem: not possible: no alarm; hybrid: not possible: no swap",
        ),
        ("", {"mem": "not possible: it may not wake the host yet"}, True, ""),
        ("it has no clock", {}, False, "it has no clock"),
    ],
)
def test_a_clock_that_cannot_end_each_sleep_is_not_ready(
    problem: str, ways: dict[str, str], checks: bool, told: str
) -> None:
    task = next(task for task in load("rtc_wake/tasks/main.yml") if task["name"] == "Tell the result")
    assert task["ansible.builtin.set_fact"]["rtc_wake_result"]["ready"] == "{{ __rtc_wake_lacks == '' }}"
    world = NativeEnvironment()
    world.filters.update({**CoreFilters().filters(), **MathFilters().filters()})
    known: dict[str, t.Any] = {
        "__rtc_wake_problem": problem,
        "__rtc_wake_ways": ways,
        "ansible_check_mode": checks,
    }
    for name, text in task["vars"].items():  # in their order, as each needs the one before
        known[name] = world.from_string(text.strip()).render(**known)
    assert known["__rtc_wake_lacks"] == told


def test_the_role_knows_the_words_for_a_missing_ethtool() -> None:
    bare = RecordedMachine(
        {"folders": {"/sys/class/net": ["eth0"]}, "exists": {"/sys/class/net/eth0/device": True}}
    )
    why = wake_on_lan(bare)["eth0"].why
    tasks = load("wake_on_lan/tasks/main.yml")
    install = next(task for task in tasks if "ansible.builtin.package" in task)
    (word,) = re.findall(r"is match\('(.*?)'\)", str(install["when"]))
    assert why.startswith(word)


def test_a_task_that_handles_the_password_shows_nothing() -> None:
    """The ones that are given it; the others only look whether there is one."""
    for path in (ROLES / "wake_on_lan" / "tasks").glob("*.yml"):
        for task in load(f"wake_on_lan/tasks/{path.name}"):
            given = str({key: value for key, value in task.items() if "." in key})
            if "{{ wake_on_lan_secureon }}" in given:
                assert task.get("no_log"), f"{path.name}: '{task['name']}' would show the password"
