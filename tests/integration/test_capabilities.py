"""pm_capabilities on this machine: ad hoc, in plays, in check mode, as another user, its filter, its playbook."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
import typing as t
from pathlib import Path

import pytest
from play_kit import Console, MakeConsole, Run, Variables

pytestmark = pytest.mark.every_core

MODULE = "hostpm.power.pm_capabilities"
LOCAL: Variables = {"ansible_connection": "local"}
STATES = {"supported", "none", "not_probed", "probe_failed"}
MODES = ("freeze", "mem", "disk", "hybrid")
TABLE = "Table"
#: In place of sudo, which a machine need not have: becomes the user that is named, with no other groups.
BECOME = """#!/bin/sh
while [ "$1" != -u ]; do shift; done
user=$2
shift 2
exec setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@"
"""


def text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8") if Path(path).exists() else ""


def look(**options: t.Any) -> Variables:
    return {"name": "look", MODULE: options}


def adhoc(here: Console, *more: str) -> Run:
    run = here.run("ansible", "here", "-m", MODULE, *more)
    assert run.status == 0, run.output
    return run


def states(found: t.Any) -> t.Iterator[str]:
    if isinstance(found, dict):
        if "state" in found:
            yield found["state"]
        for key, value in found.items():
            if key != "persistent":  # yes, no or unknown
                yield from states(value)


def test_ad_hoc_it_tells_of_this_machine(console: MakeConsole) -> None:
    result = adhoc(console({"here": LOCAL})).result("here")
    found = result["capabilities"]
    assert result["changed"] is False
    assert found == result["ansible_facts"]["pm_capabilities"]
    assert set(states(found)) <= STATES
    # held against what can be seen from here without any of its code
    assert found["kernel"] == platform.release()
    assert found["boot_id"] == text("/proc/sys/kernel/random/boot_id").strip()
    cards = sorted(path.parent.name for path in Path("/sys/class/net").glob("*/device"))
    assert sorted(found["wake_on_lan"]) == cards
    for card in cards:
        assert found["wake_on_lan"][card]["mac"] == text(f"/sys/class/net/{card}/address").strip()
    assert (found["rtc"]["state"] != "none") == bool(list(Path("/sys/class/rtc").glob("rtc*/wakealarm")))
    offered = text("/sys/power/state").split()
    assert found["sleep"]["freeze"]["state"] in ("supported", "none", "not_probed")
    if "freeze" not in offered:
        assert found["sleep"]["freeze"]["state"] != "supported"
    assert list(result["summary"]) == ["sleep", "wake", "unseen"]
    assert result["msg"].startswith(f"Sleep: {result['summary']['sleep']}. Wake: ")


def test_a_second_look_tells_the_same(console: MakeConsole) -> None:
    here = console({"here": LOCAL})
    run = here.play([look(), {**look(), "name": "again"}])
    assert run.status == 0, run.output
    first, second = (run.result("here", name)["capabilities"] for name in ("look", "again"))
    for found in (first, second):  # these change by themselves
        found["rtc"]["since_epoch"] = found["swap"]["needed_kib"] = found["swap"]["free_kib"] = None
    assert first == second


def test_the_fact_and_the_filter_in_a_template(console: MakeConsole) -> None:
    here = console({"here": LOCAL})
    here.write(
        "power.xml.j2",
        "{{ ansible_facts['pm_capabilities'] | hostpm.power.power_xml }}\n"
        "{{ looked | hostpm.power.power_xml(form='2011') }}\n"
        "{{ made | hostpm.power.power_xml('2011') }}\n"
        "{{ made | hostpm.power.power_xml }}\n",
    )
    modes = {"mem": {"state": "supported"}, "disk": {"state": "none"}, "hybrid": {"state": "not_probed"}}
    tasks: list[Variables] = [
        {**look(), "register": "looked"},
        {
            "name": "write",
            "ansible.builtin.template": {
                "src": "power.xml.j2",
                "dest": str(here.folder / "power.xml"),
                "mode": "0600",
            },
            "vars": {"made": {"sleep": modes}},
        },
    ]
    run = here.play(tasks)
    assert run.status == 0, run.output
    sleep = run.result("here", "look")["capabilities"]["sleep"]
    by_fact, by_result, *made = text(str(here.folder / "power.xml")).splitlines()
    for xml, element in ((by_fact, "<suspend_mem/>"), (by_result, "<S3/>")):
        assert (element in xml) == (sleep["mem"]["state"] == "supported")
        assert xml.startswith("<power_management") or {sleep[mode]["state"] for mode in ("mem", "disk")} == {
            "not_probed"
        }
    assert made == [
        "<power_management><S3/></power_management>",
        '<power_management xmlns:pm="https://github.com/hostpm/power/ns/power-management"><suspend_mem/>'
        '<pm:not_probed mode="hybrid"/></power_management>',
    ]


def test_the_filter_says_what_it_expects(console: MakeConsole) -> None:
    task = {"name": "show", "ansible.builtin.debug": {"msg": "{{ {} | hostpm.power.power_xml }}"}}
    run = console({"here": LOCAL}).play([task])
    assert run.status != 0
    assert (
        "power_xml: expects the fact pm_capabilities or a result of hostpm.power.pm_capabilities"
        in run.output
    )


def test_check_mode_tells_the_same_and_tries_no_alarm(console: MakeConsole) -> None:
    here = console({"here": LOCAL})
    alarms = {path: text(str(path)) for path in Path("/sys/class/rtc").glob("*/wakealarm")}
    run = here.play([look(probe_alarm=True)], "--check", "--diff")
    assert run.status == 0, run.output
    result = run.result("here")
    longest = result["capabilities"]["rtc"]["longest_alarm"]
    assert (result["changed"], longest["state"]) == (False, "not_probed")
    assert longest["why"] == ("not tried in check mode" if alarms else "there is no clock to try it on")
    assert result["ansible_facts"]["pm_capabilities"] == result["capabilities"]


def test_an_alarm_on_trial_leaves_nothing_armed(console: MakeConsole) -> None:
    alarms = {path: text(str(path)) for path in Path("/sys/class/rtc").glob("*/wakealarm")}
    result = adhoc(console({"here": LOCAL}), "-a", "probe_alarm=true").result("here")
    assert result["changed"] is False
    assert {path: text(str(path)) for path in alarms} == alarms
    longest = result["capabilities"]["rtc"]["longest_alarm"]
    assert (longest["state"] == "supported") == (longest["seconds"] is not None)
    assert longest["why"] or longest["state"] == "supported"


def test_named_interfaces_and_a_named_backend(console: MakeConsole) -> None:
    result = adhoc(console({"here": LOCAL}), "-a", "interfaces=lo,nosuch backend=sysfs").result("here")
    cards = result["capabilities"]["wake_on_lan"]
    assert list(cards) == ["lo", "nosuch"]
    assert (cards["lo"]["state"], cards["nosuch"]["state"]) == ("none", "probe_failed")
    assert cards["nosuch"]["why"].startswith("there is no interface nosuch; there are: ")
    assert {mode["backend"] for mode in result["capabilities"]["sleep"].values()} <= {"sysfs", ""}


def test_a_mistake_in_the_options(console: MakeConsole) -> None:
    run = console({"here": LOCAL}).run("ansible", "here", "-m", MODULE, "-a", "backend=elogind")
    assert run.status != 0
    assert "value of backend must be one of: auto, systemd, pm_utils, sysfs, got: elogind" in run.output


@pytest.fixture
def folder_of_nobody() -> t.Iterator[Path]:
    """Pytest's own folders are closed to other users."""
    folder = Path(tempfile.mkdtemp(prefix="pm-"))
    shutil.chown(folder, "nobody")
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv")
def test_an_ordinary_user_is_told_what_he_cannot_see(
    console: MakeConsole, tmp_path: Path, folder_of_nobody: Path
) -> None:
    become = tmp_path / "become"
    become.write_text(BECOME, encoding="utf-8")
    become.chmod(0o755)
    other = {
        **LOCAL,
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_become": True,
        "ansible_become_user": "nobody",
        "ansible_become_exe": str(become),
        "ansible_pipelining": True,  # so that no file has to be handed over
        "ansible_remote_tmp": str(folder_of_nobody),
    }
    here = console({"here": other})
    run = here.play([look(probe_alarm=True), {"name": "who", "ansible.builtin.command": "id -un"}])
    assert run.status == 0, run.output
    assert run.result("here", "who")["stdout"] == "nobody"
    found = run.result("here", "look")["capabilities"]
    assert set(states(found)) <= STATES
    for card in found["wake_on_lan"].values():
        assert (card["state"], card["why"]) in (
            ("probe_failed", "needs root: run with become"),
            ("probe_failed", "ethtool is missing: install the package ethtool"),
            ("none", "it is wireless: only wired cards are looked at"),
        )
        assert card["mac"]
    longest = found["rtc"]["longest_alarm"]
    assert longest["state"] == ("not_probed" if found["rtc"]["state"] == "none" else "probe_failed")


FLEET: dict[str, Variables] = {
    "node1": LOCAL,
    "a-second-node": LOCAL,
    "down": {},
    "broken": {**LOCAL, "ansible_python_interpreter": "/nonexistent/python"},
}


def capabilities(here: Console, *more: str, **variables: t.Any) -> Run:
    return here.run("ansible-playbook", "hostpm.power.capabilities", "-e", json.dumps(variables), *more)


def table(run: Run) -> list[str]:
    (lines,) = [record["result"]["msg"] for record in run.records if record["task"] == TABLE]
    return t.cast("list[str]", lines)


def test_the_playbook_makes_a_table_of_a_fleet(console: MakeConsole) -> None:
    run = capabilities(console(FLEET), pm_hosts="all")
    lines = table(run)
    summary = run.result("node1", "Ask for its capabilities")["summary"]
    width = len("a-second-node")
    assert lines[0].split() == ["HOST", "SLEEP", "WAKE"]
    assert lines[1] == f"{'node1':{width}}  {summary['sleep']}  {summary['wake']}"
    assert lines[0].index("WAKE") == lines[1].index(f"  {summary['wake']}") + 2
    for line, unseen in zip(lines[2:], summary["unseen"]):
        assert line == f"{'':{width}}  not seen: {unseen}"
    second = 2 + len(summary["unseen"])
    assert lines[second] == f"{'a-second-node':{width}}  {summary['sleep']}  {summary['wake']}"
    down, broken = lines[-2:]
    assert down.startswith(f"{'down':{width}}  not reached: ")
    assert "ssh" in down
    assert broken.startswith(f"{'broken':{width}}  failed: ")
    assert "interpreter" in broken
    assert not any("\n" in line for line in lines)
    # what was not looked at has failed, the others have not
    assert run.status == 2, run.output
    last = {host: run.record(host, "Fail the hosts that were not looked at")["status"] for host in FLEET}
    assert last == {"node1": "skipped", "a-second-node": "skipped", "down": "failed", "broken": "failed"}


def test_the_playbook_succeeds_where_every_host_was_looked_at(console: MakeConsole) -> None:
    run = capabilities(
        console(FLEET), "--limit", "node1,a-second-node", "--check", pm_hosts="all", pm_backend="sysfs"
    )
    assert run.status == 0, run.output
    assert not any(line.startswith(("down", "broken")) for line in table(run))
    assert all(record["status"] in ("ok", "skipped") for record in run.records)


def test_the_playbook_with_no_host_that_can_be_reached(console: MakeConsole) -> None:
    run = capabilities(console({"down": {}}), pm_hosts="down")
    assert run.status == 2
    assert [line.split(":")[0].split() for line in table(run)] == [
        ["HOST", "SLEEP", "WAKE"],
        ["down", "not", "reached"],
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "Set pm_hosts to the hosts or groups to look at"),
        (["-e", "pm_hosts=nosuch"], "No host matches pm_hosts (and --limit): nothing was looked at."),
        (
            ["-e", "pm_hosts=node1", "--limit", "down"],
            "No host matches pm_hosts (and --limit): nothing was looked at.",
        ),
    ],
    ids=["none", "typo", "limit"],
)
def test_the_playbook_wants_hosts(console: MakeConsole, more: list[str], said: str) -> None:
    run = console(FLEET).run("ansible-playbook", "hostpm.power.capabilities", *more)
    assert run.status != 0
    assert said in run.output
