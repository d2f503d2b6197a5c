"""Which variables each distribution gets, and what comes of them: also of those that no test can run."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from role_kit import ROLES, load

# distribution, its major version and its family as Ansible names them
DEBIAN = ("Debian", "12", "Debian")
UBUNTU = ("Ubuntu", "24", "Debian")
CENTOS_7 = ("CentOS", "7", "RedHat")
ROCKY_9 = ("Rocky", "9", "RedHat")
FEDORA = ("Fedora", "42", "RedHat")
TUMBLEWEED = ("openSUSE Tumbleweed", "20260101", "Suse")
LEAP_15 = ("openSUSE Leap", "15", "Suse")
LEAP_16 = ("openSUSE Leap", "16", "Suse")
SLES_15 = ("SLES", "15", "Suse")
ALPINE = ("Alpine", "3", "Alpine")


def variables(role: str, host: tuple[str, str, str]) -> t.Any:
    """The first file of the role's own list that is there, as first_found takes it."""
    distribution, major, family = host
    facts = {"distribution": distribution, "distribution_major_version": major, "os_family": family}
    tasks = load(f"{role}/tasks/main.yml")
    task = next(one for one in tasks if "ansible.builtin.include_vars" in one)
    for name in next(iter(task["vars"].values()))["files"]:
        for fact, value in facts.items():
            name = name.replace("{{ ansible_facts['" + fact + "'] }}", value)
        assert "{" not in name, f"{role}: {name} takes a fact that this test does not know"
        if (ROLES / role / "vars" / name).exists():
            return load(f"{role}/vars/{name}")
    raise AssertionError(f"{role} has no variables for {host}")


@pytest.mark.parametrize(
    ("host", "package"),
    [
        (DEBIAN, "pm-utils"),
        (UBUNTU, "pm-utils"),
        (CENTOS_7, "pm-utils"),
        (ROCKY_9, ""),
        (FEDORA, ""),
        (TUMBLEWEED, "pm-utils"),
        (LEAP_15, "pm-utils"),
        (LEAP_16, ""),
        (SLES_15, ""),
        (ALPINE, ""),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else str(value),
)
def test_pm_utils_is_installed_where_there_is_such_a_package(
    host: tuple[str, str, str], package: str
) -> None:
    known = variables("pm_utils", host)
    assert known["__pm_utils_known_package"] == package
    assert bool(known["__pm_utils_known_why"]) is not bool(package), "a missing package is explained"


@pytest.mark.parametrize(
    ("host", "packages", "managers"),
    [
        (DEBIAN, ["ethtool"], ["networkmanager", "ifupdown"]),
        (UBUNTU, ["ethtool"], ["networkmanager", "ifupdown"]),
        (ROCKY_9, ["ethtool"], ["networkmanager"]),
        (LEAP_15, ["ethtool"], ["networkmanager"]),
        (SLES_15, ["ethtool"], ["networkmanager"]),
        (ALPINE, [], ["networkmanager", "ifupdown"]),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_wake_on_lan_knows_what_may_manage_an_interface(
    host: tuple[str, str, str], packages: list[str], managers: list[str]
) -> None:
    known = variables("wake_on_lan", host)
    assert known == {"__wake_on_lan_packages": packages, "__wake_on_lan_managers": managers}


@pytest.mark.parametrize("role", ["pm_utils", "wake_on_lan"])
def test_every_family_has_the_same_variables(role: str) -> None:
    files = [path for path in (ROLES / role / "vars").glob("*.yml") if path.name != "main.yml"]
    names = {path.name: sorted(load(f"{role}/vars/{path.name}")) for path in files}
    assert len({tuple(one) for one in names.values()}) == 1, names
