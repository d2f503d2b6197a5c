"""Waking through a proxy: what its modules are given, what their failures become, and that none holds the task."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import os
import signal
import time
import typing as t

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible_collections.hostpm.power.plugins.module_utils._secrets import Secrets
from ansible_collections.hostpm.power.plugins.module_utils._sleep.magic import NotSent
from ansible_collections.hostpm.power.plugins.module_utils._wake.task import prepare
from ansible_collections.hostpm.power.plugins.plugin_utils._wake_proxy import Proxy

PATIENCE = 30.0  # a guard against hanging tests, nothing is measured by it
BMC = {"name": "bmc", "ipmi": {"address": "10.0.0.1", "password": "hunter22"}}
PASSWORD = "0a:1b:2c:3d:4e:5f"


class Jump:
    """A proxy whose modules return, or raise, what they are told to."""

    def __init__(self, answer: t.Any) -> None:
        self.asked: list[tuple[str, dict[str, t.Any]]] = []
        secrets = Secrets()
        args = {
            "host": "node1",
            "proxy": "jump",
            "mac": "52:54:00:12:34:56",
            "agents": [BMC],
            "secureon": PASSWORD,
        }
        self.task = prepare(args, secrets)
        self.told: list[str] = []
        self._answer = answer
        self.means = Proxy(self.task, self.execute, secrets, self.told.append)

    def execute(self, name: str, params: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any]:
        self.asked.append((name, dict(params)))
        if isinstance(self._answer, BaseException):
            raise self._answer
        return t.cast("t.Mapping[str, t.Any]", self._answer() if callable(self._answer) else self._answer)

    def send(self) -> int:
        return asyncio.run(self.means.send(time.monotonic() + PATIENCE))


def test_the_module_only_sends() -> None:
    jump = Jump({"sent": 2, "error": ""})
    assert jump.send() == 2
    ((name, params),) = jump.asked
    assert name == "hostpm.power.pm_wake"
    assert params["only_send"] is True
    assert params["secureon"] == PASSWORD
    assert "agents" not in params, "no password goes where it is not needed"
    assert "rungs" not in params
    assert prepare(params, Secrets()).wake.packets == jump.task.wake.packets


def test_what_it_could_not_send() -> None:
    jump = Jump({"sent": 1, "error": "there is no interface 'eth9'. Name one of lo."})
    with pytest.raises(NotSent, match=r"^there is no interface 'eth9'\. Name one of lo\.$") as caught:
        jump.send()
    assert caught.value.sent == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (AnsibleConnectionFailure("Connection refused."), "Connection refused"),
        (
            {"msg": f"MODULE FAILURE near {PASSWORD} and hunter22"},
            "MODULE FAILURE near ******** and ********",
        ),
        ({}, "it returned nothing"),
    ],
)
def test_a_proxy_that_gives_no_result(answer: t.Any, why: str) -> None:
    with pytest.raises(NotSent) as caught:
        Jump(answer).send()
    assert str(caught.value) == (
        f"the proxy jump gave no result: {why}. Look at that host, or delegate to another one in the network of the "
        "card."
    )
    jump = Jump(answer)
    said = asyncio.run(jump.means.switch_on(time.monotonic() + PATIENCE))
    assert said.failed
    assert said.text == f"the proxy jump gave no result: {why}."
    assert jump.means.agent_acted, "nobody knows, so it may have"


@pytest.mark.parametrize("changed", [True, False])
def test_the_agents_are_switched_on_by_the_engine_there(changed: bool) -> None:
    jump = Jump({"outcome": "on_verified", "failed": False, "changed": changed, "msg": "node1 is on."})
    said = asyncio.run(jump.means.switch_on(time.monotonic() + 20))
    assert (said.failed, said.text, jump.means.agent_acted) == (False, "node1 is on.", changed)
    ((name, params),) = jump.asked
    assert name == "hostpm.power.pm_fence"
    assert (params["action"], params["agents"], params["host"]) == ("on", [BMC], "node1")
    assert 0 < params["timeout"] <= 20


def test_a_signal_that_comes_meanwhile_is_told_once() -> None:
    class Stopped(BaseException):
        """As core's exception for a cancelled play."""

    def stop(_number: int, _frame: t.Any) -> None:
        raise Stopped

    def answer() -> t.Any:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(PATIENCE)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        jump = Jump(answer)
        with pytest.raises(BaseException) as caught:  # noqa: PT011
            jump.send()
        assert not isinstance(caught.value, Exception)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert jump.told == [
        "node1: waking through jump was interrupted, nothing more is sent. What had been sent by then is not known."
    ]
