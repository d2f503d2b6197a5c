"""The filter power_xml: every combination of states in both forms, held against the schema that is shipped."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import typing as t
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.hostpm.power.plugins.filter.power_xml import (
    FORMS,
    NAMESPACE,
    FilterModule,
    power_xml,
)
from ansible_collections.hostpm.power.plugins.module_utils._sleep.answer import STATES
from ansible_collections.hostpm.power.plugins.module_utils._sleep.capabilities import probe
from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import RecordedMachine
from power_schema import valid
from sleep_kit import NAMES, recording

CASES = [
    dict(zip(("mem", "disk", "hybrid"), combination)) for combination in itertools.product(STATES, repeat=3)
]
ODD = 'a "quote", <tag> & a\nline, a \0 and \x1b, a lone \ud800, \ufffe and a snowman \u2603'


def fact(why: str = "", **states: str) -> dict[str, t.Any]:
    modes = {"mem": "none", "disk": "none", "hybrid": "none", **states}
    return {
        "sleep": {
            mode: {"state": state, "backend": "", "why": why, "others": {}} for mode, state in modes.items()
        }
    }


@pytest.mark.parametrize(
    ("form", "states", "xml"),
    [
        (
            "2011",
            {"mem": "supported", "disk": "supported"},
            "<power_management><S3/><S4/></power_management>",
        ),
        ("2011", {"mem": "supported"}, "<power_management><S3/></power_management>"),
        ("2011", {"hybrid": "supported"}, "<power_management/>"),
        ("libvirt", {}, "<power_management/>"),
        (
            "libvirt",
            dict.fromkeys(("mem", "disk", "hybrid"), "supported"),
            "<power_management><suspend_mem/><suspend_disk/><suspend_hybrid/></power_management>",
        ),
        ("libvirt", {"disk": "supported"}, "<power_management><suspend_disk/></power_management>"),
        ("libvirt", dict.fromkeys(("mem", "disk", "hybrid"), "not_probed"), ""),
        ("2011", {"mem": "not_probed", "disk": "not_probed", "hybrid": "supported"}, ""),
        (
            "libvirt",
            {"mem": "supported", "disk": "probe_failed"},
            f'<power_management xmlns:pm="{NAMESPACE}"><suspend_mem/><pm:failed mode="disk" why="no answer"/>'
            "</power_management>",
        ),
        (
            "2011",
            {"mem": "probe_failed", "disk": "not_probed"},
            f'<power_management xmlns:pm="{NAMESPACE}"><pm:failed mode="mem" why="no answer"/>'
            '<pm:not_probed mode="disk"/></power_management>',
        ),
    ],
)
def test_what_comes_out(form: str, states: dict[str, str], xml: str) -> None:
    assert power_xml(fact("no answer", **states), form) == xml


@pytest.mark.parametrize("form", FORMS)
def test_all_that_comes_out_is_what_the_schema_allows(form: str, tmp_path: Path) -> None:
    documents = [power_xml(fact(ODD, **case), form) for case in CASES]
    documents += [power_xml(probe(RecordedMachine(recording(name))), form) for name in NAMES]
    assert documents.count("") == (1 if form == "libvirt" else len(STATES))
    assert valid(tmp_path, [document for document in documents if document])


@pytest.mark.parametrize(
    "document",
    [
        "<power_management><S5/></power_management>",
        "<power_management><S3/><suspend_disk/></power_management>",
        "<power_management><S3/><S3/></power_management>",
        "<power_management><S3>yes</S3></power_management>",
        '<power_management state="none"/>',
        f'<power_management xmlns:pm="{NAMESPACE}"><pm:failed mode="mem"/></power_management>',
        f'<power_management xmlns:pm="{NAMESPACE}"><pm:failed mode="S3" why=""/></power_management>',
        f'<power_management xmlns="{NAMESPACE}"/>',
        "<capabilities/>",
    ],
)
def test_the_schema_refuses_the_rest(document: str, tmp_path: Path) -> None:
    assert valid(tmp_path, ["<power_management/>"])
    assert not valid(tmp_path, [document])


def test_the_order_of_the_elements_does_not_matter(tmp_path: Path) -> None:
    assert valid(tmp_path, ["<power_management><suspend_hybrid/><suspend_mem/></power_management>"])


def test_a_reason_is_kept_as_far_as_xml_can_hold_it() -> None:
    root = ElementTree.fromstring(power_xml(fact(ODD, mem="probe_failed")))
    (failed,) = root
    assert failed.tag == f"{{{NAMESPACE}}}failed"
    assert failed.get("why") == 'a "quote", <tag> & a line, a   and  , a lone  ,   and a snowman \u2603'


@pytest.mark.parametrize(
    "wrap", [{}, {"changed": False}, {"ansible_facts": {}}], ids=["alone", "result", "with facts"]
)
def test_the_fact_and_the_result_are_both_taken(wrap: dict[str, t.Any]) -> None:
    found = fact(mem="supported")
    expected = power_xml(found)
    assert power_xml({**wrap, "capabilities": found}) == expected
    assert power_xml({"ansible_facts": {"pm_capabilities": found}}) == expected
    assert power_xml({"pm_capabilities": found}) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("text", "expects the fact pm_capabilities or a result of hostpm.power.pm_capabilities, not str"),
        (None, "not NoneType without a key sleep. Run that module on the host first."),
        ({}, "not dict without a key sleep"),
        ({"capabilities": "x"}, "not dict without a key sleep"),
        ({"failed": True, "msg": "x"}, "not dict without a key sleep"),
        ({"sleep": ["mem"]}, "not dict without a key sleep"),
        (
            {"sleep": {}},
            "sleep.mem.state must be one of supported, none, not_probed, probe_failed, not None.",
        ),
        ({"sleep": {"mem": "yes"}}, "sleep.mem.state must be one of"),
        ({"sleep": {"mem": {"state": "yes"}}}, "not 'yes'."),
        (
            fact(disk="maybe"),
            "sleep.disk.state must be one of supported, none, not_probed, probe_failed, not 'maybe'.",
        ),
    ],
)
def test_what_is_no_result_is_refused(given: t.Any, message: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        power_xml(given)
    assert str(caught.value).startswith("power_xml: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("form", ["xml", "S3", 2012, None, ["2011"]])
def test_a_form_that_is_not_known_is_refused(form: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="power_xml: form must be libvirt or '2011', not "):
        power_xml(fact(), form)


def test_the_year_may_be_a_number() -> None:
    """YAML and Jinja make one of it where it is not quoted."""
    assert power_xml(fact(mem="supported"), 2011) == "<power_management><S3/></power_management>"


def test_it_is_found_by_its_name() -> None:
    assert FilterModule().filters() == {"power_xml": power_xml}
