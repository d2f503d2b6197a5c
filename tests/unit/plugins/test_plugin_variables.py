"""Values from the inventory: templated and unvaulted, and errors that name the place and show no value."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible_collections.hostpm.power.plugins.plugin_utils._variables import BadVariable, resolve


class Vaulted(str):
    """Like core's object for an inline vaulted string, up to 2.18."""

    __ENCRYPTED__ = True


class Locked:
    """One that cannot be decrypted."""

    __ENCRYPTED__ = True

    def __str__(self) -> str:
        raise AnsibleError("Decryption failed (no vault secrets were found that could decrypt) on hunter2")


def template(value: t.Any) -> t.Any:
    """A templar that knows few words, and shows in its errors whatever it was given, as core does."""
    if isinstance(value, dict):
        return {key: template(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [template(inner) for inner in value]
    if value == "{{ nowhere }}":
        raise AnsibleError("'nowhere' is undefined in hunter2")
    if value == "{{ a.b }}":
        raise AnsibleError("object of type 'dict' has no attribute 'b' in hunter2")
    if value == "{{ broken":
        raise AnsibleError("unexpected end of template: hunter2")
    if value == "{{ type }}":
        raise TypeError("hunter2 is not iterable")
    return "10.0.0.1" if value == "{{ address }}" else value


def test_all_levels_are_templated_and_unvaulted() -> None:
    found = resolve(
        [{"ipmi": {"address": "{{ address }}", "password": Vaulted("x"), "port": 1}}], "pm_agents", template
    )
    assert found == [{"ipmi": {"address": "10.0.0.1", "password": "x", "port": 1}}]
    assert not isinstance(found[0]["ipmi"]["password"], Vaulted)


@pytest.mark.parametrize(
    ("leaf", "message"),
    [
        ("{{ nowhere }}", ": the variable 'nowhere' is not defined. Define it for this host."),
        ("{{ a.b }}", ": what it refers to has no 'b'. Define it for this host."),
        (
            "{{ broken",
            " (AnsibleError). Look at its template; its text is not shown, as it may hold a secret.",
        ),
        ("{{ type }}", " (TypeError). Look at its template; its text is not shown, as it may hold a secret."),
        (
            Locked(),
            ": it cannot be decrypted. Give the right vault password (--vault-id or --ask-vault-pass).",
        ),
    ],
)
def test_the_leaf_is_named_and_nothing_shown(leaf: t.Any, message: str) -> None:
    given = [{"ipmi": {"password": "hunter2"}}, {"ipmi": {"password": leaf}}]
    with pytest.raises(BadVariable) as caught:
        resolve(given, "node1: pm_agents", template)
    assert str(caught.value) == f"node1: pm_agents[1].ipmi.password cannot be evaluated{message}"
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_list_that_fails_as_a_whole() -> None:
    with pytest.raises(
        BadVariable, match=r"^pm_agents cannot be evaluated: the variable 'nowhere' is not defined"
    ):
        resolve("{{ nowhere }}", "pm_agents", template)


def test_one_that_fails_only_together_is_named_as_a_whole() -> None:
    def moody(value: t.Any) -> t.Any:
        if isinstance(value, list):
            raise AnsibleError("hunter2")
        return value

    with pytest.raises(BadVariable, match=r"^pm_agents cannot be evaluated \(AnsibleError\)"):
        resolve([1], "pm_agents", moody)
