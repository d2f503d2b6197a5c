"""pm_suspend on this very machine, which it must not put to sleep; the sleeps themselves are proven on guests."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import typing as t

import pytest
from play_kit import MakeConsole, Run, Variables

pytestmark = pytest.mark.every_core

LOCAL: Variables = {"ansible_connection": "local"}
SUSPEND: t.Final = "hostpm.power.pm_suspend"

#: Task: its options, its outcome, and what its message must say.
ASKED: dict[str, tuple[Variables, str, list[str]]] = {
    "itself": (
        {"duration": 60},
        "refused",
        ["here stays awake: ", "it is the machine that runs this play", "allow: [controller]"],
    ),
    "soon": ({"duration": 60, "delay": 1}, "refused", ["here: delay must be at least 5 s, 1 is less."]),
    "both": (
        {"duration": 60, "wake": ["wol"], "wait_timeout": -1},
        "refused",
        [
            "add rtc to wake, or leave duration out.",
            "wait_timeout must be more than 0 and at most 86400 s, -1 is not.",
        ],
    ),
    "hurried": (
        {"duration": 3600, "wait_timeout": 600},
        "refused",
        [
            "wait_timeout of 600 s is over before its alarm is due, 3610 s after the start (delay and duration)"
        ],
    ),
    "endless": ({"wake": ["rtc"]}, "refused", ["wake: rtc needs a duration"]),
    "nowhere": ({"wake": []}, "refused", ["wake is empty: name at least one way back"]),
    "mode": (
        {"mode": "deep", "duration": 60},
        "refused",
        ["mode must be one of mem, disk, hybrid, freeze"],
    ),
    "unknown": ({"duraton": 60}, "refused", ["duraton"]),
    "word": ({"duration": "soon"}, "refused", ["duration"]),
    "status": ({"action": "status"}, "none_pending", ["here: no sleep is planned."]),
    "confirm": ({"action": "confirm"}, "refused", ["Nothing was done. here: it has not slept in this boot."]),
    "cancel": ({"action": "cancel"}, "none_pending", ["here: no sleep is planned."]),
}


#: What another user than root is told of all that is asked of the host itself.
ONLY_ROOT = ("refused", ["Nothing was done. here: only root can put it to sleep, or see what is planned."])
if os.geteuid() != 0:
    ASKED.update({name: (ASKED[name][0], *ONLY_ROOT) for name in ("itself", "status", "confirm", "cancel")})


@pytest.fixture
def run(console: MakeConsole) -> Run:
    tasks = [
        {"name": name, SUSPEND: options, "ignore_errors": True} for name, (options, _o, _t) in ASKED.items()
    ]
    return console({"here": LOCAL}).play(tasks, hosts="here")


def test_what_it_says_to_each(run: Run) -> None:
    for name, (_options, outcome, texts) in ASKED.items():
        result = run.result("here", name)
        assert (result["outcome"], result["changed"]) == (outcome, False), name
        assert (run.record("here", name)["status"] == "failed") is (outcome == "refused"), name
        assert [text for text in texts if text not in result["msg"]] == [], result["msg"]
        assert "Traceback" not in run.output


def test_check_mode_and_the_shape_of_a_result(console: MakeConsole) -> None:
    here = console({"here": LOCAL})
    task = {"name": "checked", SUSPEND: {"duration": 60}, "ignore_errors": True}
    result = here.play([task], "--check", hosts="here").result("here", "checked")
    assert result["outcome"] == "refused"
    assert {"asleep", "entry", "resume", "late", "reconnect", "woken_by", "ways_back", "phase"} <= set(result)
    assert not {"step", "token", "controller_boot_id", "invocation"} & set(result)
