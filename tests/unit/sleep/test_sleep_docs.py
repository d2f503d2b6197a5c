"""What pm_capabilities and power_xml document is what they take and what they tell."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t

import collection_path
import pytest
import yaml
from ansible_collections.hostpm.power.plugins.filter import power_xml
from ansible_collections.hostpm.power.plugins.module_utils._sleep.capabilities import probe
from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import RecordedMachine
from ansible_collections.hostpm.power.plugins.module_utils._sleep.states import BACKENDS, MODES
from ansible_collections.hostpm.power.plugins.modules import pm_capabilities
from sleep_kit import recording

DOC = yaml.safe_load(pm_capabilities.DOCUMENTATION)
RETURN = yaml.safe_load(pm_capabilities.RETURN)
CAPABILITIES = RETURN["capabilities"]["contains"]
FOUND = probe(RecordedMachine(recording("guest_armed")))


def test_the_backends_are_those_that_there_are() -> None:
    assert DOC["options"]["backend"]["choices"] == ["auto", *BACKENDS]


def test_every_capability_is_documented() -> None:
    assert set(CAPABILITIES) == set(FOUND)


@pytest.mark.parametrize("name", sorted(FOUND))
def test_every_key_is_named_and_shown(name: str) -> None:
    description = CAPABILITIES[name]["description"]
    text = " ".join(description) if isinstance(description, list) else description
    found, sample = FOUND[name], CAPABILITIES[name]["sample"]
    if name in ("sleep", "wake_on_lan"):  # by mode, by interface
        found, sample = next(iter(found.values())), next(iter(sample.values()))
    if not isinstance(found, dict):
        assert type(sample) is type(found)
        return
    assert set(sample) == set(found)
    named = set(re.findall(r"C\((\w+)\)", text))
    assert set(found) <= named, f"not described: {set(found) - named}"


def test_every_mode_is_described() -> None:
    text = " ".join(CAPABILITIES["sleep"]["description"])
    assert all(f"V({mode})" in text for mode in MODES)


def test_the_examples_are_tasks_of_these_plugins() -> None:
    for source in (pm_capabilities.EXAMPLES, power_xml.EXAMPLES):
        tasks: list[dict[str, t.Any]] = yaml.safe_load(source)
        assert "hostpm.power.pm_capabilities" in tasks[0]
        for task in tasks:
            options = task.get("hostpm.power.pm_capabilities") or {}
            assert set(options) <= set(pm_capabilities.OPTIONS)


def test_the_filter_documents_its_forms_and_its_schema() -> None:
    doc = yaml.safe_load(power_xml.DOCUMENTATION)
    assert doc["options"]["form"]["choices"] == list(power_xml.FORMS)
    text = " ".join(doc["description"])
    assert power_xml.NAMESPACE in text
    (schema,) = re.findall(r"C\((extensions/\S+\.rng)\)", text)
    content = (collection_path.CHECKOUT / schema).read_text(encoding="utf-8")
    assert power_xml.NAMESPACE in content
    for elements in power_xml.FORMS.values():
        assert all(f'<element name="{element}">' in content for element in elements.values())
