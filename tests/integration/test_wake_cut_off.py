"""A task that times out, a play that is cancelled, a controller that dies, a proxy that hangs: nothing more is sent."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import signal
import time

import pytest
from play_kit import Console, Variables, eventually
from wake_desk import Desk
from wake_kit import mac_of, packet_of, wake

#: Its fixtures: networks, desk, port, heard.
pytest_plugins = ["wake_fixtures"]
#: Seconds between two rounds of packets.
ROUND = 0.2
ENDS = {
    "timeout": None,
    "ctrl-c": (signal.SIGINT, True),
    "terminate": (signal.SIGTERM, False),
    "kill": (signal.SIGKILL, False),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("way", ["here", "proxy", "proxy looks"])
def test_a_play_that_is_cut_off_sends_nothing_more(desk: Desk, end: str, way: str) -> None:
    desk.host("node")
    here = desk.open()
    task: Variables = {} if way == "here" else {"delegate_to": "neighbour"}
    how = ENDS[end]
    if how is None:
        task["timeout"] = 6
    more = {"verify_from": "proxy"} if way == "proxy looks" else {}
    play = [
        wake(mac=mac_of(99), timeout=600, interval=ROUND, task=task, **more),
        wake("next", mac=mac_of(98)),
    ]
    process = desk.start(here, play, where="far" if task.get("delegate_to") else "near")
    eventually(lambda: len(desk.heard()) >= 4 or process.poll() is not None)
    if how:
        (os.killpg if how[1] else os.kill)(process.pid, how[0])
    run = here.finish(process)
    eventually(lambda: not here.leftovers())
    sent = len(desk.heard())
    assert sent >= 4, run.output
    time.sleep(6 * ROUND)
    assert len(desk.heard()) == sent, f"nothing was sent after the end: {run.output}"
    assert desk.ways(packet_of(mac_of(98))) == set()
    assert run.status != 0
    warning = " ".join(run.stderr.split())
    assert "[WARNING]: node: waking " in warning, run.output
    assert "was interrupted, nothing more is sent." in warning


def behind_a_proxy_that_hangs(desk: Desk) -> Console:
    """A console whose connection to the neighbour never answers; it writes a file as soon as it is used."""
    desk.host("node")
    here = desk.open()
    hangs = here.write("hangs", f"#!/bin/sh\ntouch {here.folder}/hung\nexec sleep 100000\n")
    hangs.chmod(0o755)
    neighbour = {"ansible_ssh_executable": str(hangs), "ansible_ssh_args": "", "ansible_pipelining": True}
    here.write_inventory({**desk.variables, "neighbour": {**neighbour, "ansible_ssh_timeout": 100000}})
    return here


def test_a_proxy_that_hangs_holds_the_task_no_longer_than_its_time(desk: Desk) -> None:
    here = behind_a_proxy_that_hangs(desk)
    result = desk.play(here, [wake(timeout=2, task={"delegate_to": "neighbour"})], where="far").result("node")
    assert (result["outcome"], result["changed"]) == ("not_reached", False)
    assert "nothing was sent from neighbour: the proxy neighbour gave no result: " in result["msg"]


@pytest.mark.parametrize("end", ENDS)
def test_a_proxy_that_hangs_does_not_outlive_the_play(desk: Desk, end: str) -> None:
    here = behind_a_proxy_that_hangs(desk)
    how = ENDS[end]
    task: Variables = {"delegate_to": "neighbour", **({} if how else {"timeout": 3})}
    process = desk.start(here, [wake(timeout=80000, task=task)], where="far")
    eventually((here.folder / "hung").exists)
    if how:
        (os.killpg if how[1] else os.kill)(process.pid, how[0])
    run = here.finish(process)
    eventually(lambda: not here.leftovers())
    assert run.status != 0
    assert "was interrupted, nothing more is sent." in " ".join(run.stderr.split()), run.output


@pytest.mark.every_core
@pytest.mark.parametrize("goes", ["echo gone >&2; exit 255", "exec sleep 100000"], ids=["gone", "hangs"])
def test_a_proxy_that_is_gone_behind_its_work_does_not_change_what_was_found(desk: Desk, goes: str) -> None:
    desk.host("node")
    here = desk.open()
    # without pipelining core leaves files on the proxy, and removes them behind the action
    ssh = here.write(
        "frail", f'#!/bin/sh\ncase "$*" in *"rm -f -r "*) {goes};; esac\nexec {here.folder}/ssh "$@"\n'
    )
    ssh.chmod(0o755)
    neighbour = {
        "ansible_ssh_executable": str(ssh),
        "ansible_ssh_args": "",
        "ansible_ssh_transfer_method": "piped",
        "ansible_remote_tmp": str(here.folder / "far"),
    }
    here.write_inventory({**desk.variables, "neighbour": neighbour})
    result = desk.play(here, [wake(task={"delegate_to": "neighbour"})], where="far").result("node")
    assert (result["outcome"], result["proxy"], result["rung"]) == ("woken", "neighbour", "magic")
    assert list((here.folder / "far").iterdir()), "there was something to be removed"
