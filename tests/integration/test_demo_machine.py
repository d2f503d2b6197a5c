"""What ./demo shows of the machine that it runs on: of this one, and of all that were recorded."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
from pathlib import Path
from xml.etree import ElementTree

import collection_path
import pytest
from ansible_collections.hostpm.power.plugins.filter.power_xml import FORMS, power_xml
from ansible_collections.hostpm.power.plugins.module_utils._sleep.capabilities import probe
from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import RecordedMachine
from ansible_collections.hostpm.power.plugins.module_utils._sleep.summary import sentence, summarize
from play_kit import Console, MakeConsole, Run
from power_schema import valid

pytestmark = pytest.mark.every_core

DEMO = collection_path.CHECKOUT / "extensions" / "demo"
MACHINES = sorted((collection_path.CHECKOUT / "tests" / "unit" / "sleep" / "machines").glob("*.json"))


def show(here: Console) -> Run:
    return here.run(
        "ansible-playbook", str(DEMO / "machine.yml"), "-e", f"demo_machine={here.folder}/machine"
    )


def told(file: Path, capabilities: t.Mapping[str, t.Any], folder: Path) -> None:
    """The text says all of it, and its two documents are what the filter makes and the schema allows."""
    text = file.read_text(encoding="utf-8")
    head, *parts = text.split("\nAs XML, in ")
    said = " ".join(head.split())
    assert said.startswith(sentence(summarize(capabilities)))
    cards = capabilities["wake_on_lan"]
    named = [("sleep", name, one) for name, one in capabilities["sleep"].items()]
    named += [("clock", capabilities["rtc"]["name"] or "-", capabilities["rtc"])]
    named += [("card", name, one) for name, one in cards.items()]
    for what, name, one in named:
        assert f" {what} {name} {one['state']} " in said, text
        assert one["why"] in said, text
    assert cards or "card - none there is no network card" in said, text
    assert max(map(len, head.splitlines())) <= 110, text
    documents = [part.split("\n\n", 1)[1].strip() for part in parts]
    for form, document in zip(FORMS, documents):
        made = power_xml(capabilities, form)
        if not made:
            assert document == "Nothing was probed, so there is no document."
            continue
        assert len(document.splitlines()) == max(1, made.count("><") + 1), "one element a line"
        assert ElementTree.canonicalize(document, strip_text=True) == ElementTree.canonicalize(made)
        assert valid(folder, [document])
    assert len(documents) == len(FORMS)


def test_it_tells_of_this_machine(console: MakeConsole, tmp_path: Path) -> None:
    here = console({})
    run = show(here)
    assert run.status == 0, run.output
    told(here.folder / "machine.txt", run.result("localhost", "Look at it")["capabilities"], tmp_path)
    for form in FORMS:
        document = (here.folder / f"machine.{form}.xml").read_text(encoding="utf-8")
        assert document in (here.folder / "machine.txt").read_text(encoding="utf-8")


def test_it_would_tell_of_any_machine(console: MakeConsole, tmp_path: Path) -> None:
    """Of a container, of guests and servers, and of one of which nothing can be told."""
    found = {path.stem: probe(RecordedMachine(json.loads(path.read_text("utf-8")))) for path in MACHINES}
    found["nothing"] = probe(RecordedMachine({"uid": 1000}))
    here = console({})
    results = {name: {"capabilities": one, "msg": sentence(summarize(one))} for name, one in found.items()}
    here.write("found.json", {"found": results})
    write = {
        "name": "write",
        "ansible.builtin.template": {
            "src": str(DEMO / "machine.txt.j2"),
            "dest": f"{here.folder}/{{{{ item }}}}.txt",
            "mode": "0600",
        },
        "vars": {"demo_found": "{{ found[item] }}"},
        "loop": list(found),
    }
    run = here.play([write], "-e", f"@{here.folder}/found.json", hosts="localhost", connection="local")
    assert run.status == 0, run.output
    for name, one in found.items():
        told(here.folder / f"{name}.txt", one, tmp_path)
