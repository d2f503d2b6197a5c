"""The options of a task: what becomes a request, what is refused, and how Ansible's words are put."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._options import Mistakes, plain_words
from ansible_collections.hostpm.power.plugins.module_utils._secrets import Secrets
from ansible_collections.hostpm.power.plugins.module_utils._task import (
    FenceTask,
    broken,
    lost_proxy,
    prepare,
    refused,
)

BMC = {"name": "bmc", "ipmi": {"address": "10.0.0.1", "password": "hunter22"}}


def task(**args: t.Any) -> FenceTask:
    return prepare({"host": "node1", "action": "off", "agents": [BMC], **args}, Secrets())


def mistakes(**args: t.Any) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        task(**args)
    return list(caught.value.messages)


@pytest.mark.parametrize(
    ("given", "action"),
    [
        ("off", "off"),
        (False, "off"),
        (True, "on"),
        ("on", "on"),
        ("reboot", "restart"),
        ("restart", "restart"),
        ("nmi", "nmi"),
    ],
)
def test_actions_as_yaml_brings_them(given: object, action: str) -> None:
    assert task(action=given).request.action == action


def test_defaults() -> None:
    request = task().request
    assert (request.strategy, request.timeout, request.agent_timeout, request.require) == (
        "auto",
        180,
        20,
        "any",
    )
    assert task().proxy == "localhost"


@pytest.mark.parametrize("name", ["timeout", "agent_timeout", "bmc_timeout", "poll"])
@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf])
def test_times_to_work_in(name: str, value: float) -> None:
    assert mistakes(**{name: value}) == [
        f"node1: {name}: {value:g} s is no time to work in. Give a number of seconds above 0."
    ]


@pytest.mark.parametrize("name", ["soft_timeout", "settle"])
@pytest.mark.parametrize("value", [-1, math.nan])
def test_times_that_may_be_zero(name: str, value: float) -> None:
    assert mistakes(**{name: value}) == [
        f"node1: {name}: {value:g} s is not possible. Give 0 or more seconds."
    ]
    assert task(**{name: 0})


@pytest.mark.parametrize("name", ["timeout", "settle"])
def test_no_time_is_longer_than_a_day(name: str) -> None:
    assert mistakes(**{name: 1e12}) == [f"node1: {name}: 1e+12 s is too long. Give a day (86400 s) or less."]


def test_all_times_are_told_at_once() -> None:
    said = mistakes(timeout="abc", poll="0", settle=-1, agent_timeout="nan")
    assert sorted(line.split(": ")[1].split(" ")[0] for line in said) == [
        "agent_timeout",
        "poll",
        "settle",
        "timeout",
    ]


def test_a_password_that_is_a_word_of_ours_spoils_no_message() -> None:
    agent = {"name": "bmc", "ipmi": {"address": "10.0.0.1", "password": "timeout"}}
    assert mistakes(agents=[agent], timeout=0)[0].startswith("node1: timeout: 0 s is no time to work in.")


def test_an_orderly_shutdown_leaves_time_for_the_hard_off() -> None:
    assert task(timeout=60, soft_timeout=30).request.soft_timeout == 30
    assert mistakes(timeout=60, soft_timeout=31) == [
        "node1: soft_timeout: 31 s leaves too little of timeout (60 s) for the hard off and its proof. "
        "Give a timeout of 62 s or more, or wait less."
    ]


def test_mistakes_of_options_and_agents_come_together() -> None:
    assert mistakes(timeot=1, strategy="seriel", poll="often", agents=[{}]) == [
        "node1: poll must be a number.",
        "node1: strategy must be one of auto, serial, parallel, did you mean 'serial'?",
        "node1: unknown option 'timeot', did you mean 'timeout'?",
        "node1: pm_agents[0]: names no driver. Add one of: "
        + mistakes(agents=[{}])[0].partition("Add one of: ")[2],
    ]


def test_the_options_that_the_action_sets_are_not_proposed() -> None:
    (message,) = mistakes(qqqq=1)
    assert message.startswith("node1: unknown option 'qqqq'. Known: action, strategy, ")
    assert "proxy" not in message


@pytest.mark.parametrize("agents", ["text", {"name": "bmc"}, 5])
def test_agents_that_are_no_list(agents: object) -> None:
    assert mistakes(agents=agents) == [
        "node1: pm_agents, or the option agents, must be a list. Write [{name: bmc, ipmi: {address: ...}}]."
    ]


def test_a_secret_in_another_option_is_not_shown() -> None:
    assert "hunter22" not in " ".join(mistakes(strategy="hunter22", timeout="hunter22"))


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("missing required arguments: url", ["url is missing."]),
        (
            "missing required arguments: url, body found in http -> status",
            ["http.status.url is missing.", "http.status.body is missing."],
        ),
        (
            "argument 'port' is of type <class 'str'> found in 'ipmi'. and we were unable to convert to int: x",
            ["ipmi.port must be a whole number."],
        ),
        (
            "argument 'port' is of type str and we were unable to convert to int: \"'a'\" cannot",
            ["port must be a whole number."],
        ),
        (
            "argument 'options' is of type str found in 'a -> b'. and we were unable to convert to dict: x",
            ["a.b.options must be a dictionary."],
        ),
        (
            "value of role must be one of: chassis, feed, got: fed",
            ["role must be one of chassis, feed, did you mean 'feed'?"],
        ),
        ("value of p must be one of: a, b, got: zz found in ipmi", ["ipmi.p must be one of a, b."]),
        ("something new", ["something new."]),
    ],
)
def test_plain_words(said: str, plain: list[str]) -> None:
    assert plain_words(said) == plain


def test_all_results_have_one_shape() -> None:
    args = {"host": "node1", "action": "reboot", "proxy": "jump"}
    results = [
        refused(Mistakes(["wrong"]), args),
        broken(args, "a bug"),
        lost_proxy(task(action="reboot", proxy="jump"), "gone."),
    ]
    assert len({frozenset(result) for result in results}) == 1
    for result in results:
        assert (result["failed"], result["action"], result["proxy"], result["power"]) == (
            True,
            "restart",
            "jump",
            "unknown",
        )
    assert [result["changed"] for result in results] == [False, True, True]
    assert [result["outcome"] for result in results] == ["refused", "indeterminate", "indeterminate"]


@pytest.mark.parametrize("action", [None, "of", {"a": 1}, ["off"]])
def test_a_refusal_of_a_strange_action_shows_none(action: object) -> None:
    assert refused(Mistakes(["wrong"]), {"host": "node1", "action": action})["action"] == ""
