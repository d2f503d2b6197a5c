"""The options of pm_wake: what is refused, how it is said, and that no password is shown."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._options import Mistakes
from ansible_collections.hostpm.power.plugins.module_utils._secrets import Secrets
from ansible_collections.hostpm.power.plugins.module_utils._wake.task import WakeTask, prepare

MAC = "52:54:00:12:34:56"
BMC = {"name": "bmc", "ipmi": {"address": "10.0.0.1", "password": "hunter22"}}
SECUREON = "0a:1b:2c:3d:4e:5f"


def task(**args: t.Any) -> WakeTask:
    return prepare({"host": "node1", "mac": [MAC], **args}, Secrets())


def mistakes(**args: t.Any) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        task(**args)
    return list(caught.value.messages)


class TestWhatIsRefused:
    """Every mistake names the host, the option, and what to write instead."""

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"mac": "node"}, "mac: 'node' is no MAC address. Write 00:11:22:33:44:55, "),
            ({"mac": 8042060459}, "mac: '8042060459' is no MAC address. Write "),
            ({"mac": "ff:ff:ff:ff:ff:ff"}, "mac: 'ff:ff:ff:ff:ff:ff' is the address of a group"),
            ({"secureon": "1:2"}, "secureon: is no SecureOn password. Write its 6 bytes as "),
            ({"secureon": "01:02:03:04:05"}, "secureon: has 5 bytes. A SecureOn password has 4 or 6"),
            (
                {"broadcast": "lan"},
                "broadcast: 'lan' is no address. Write a broadcast address such as 192.0.2.255",
            ),
            ({"interface": "eth 0"}, "interface: 'eth 0' is no name of an interface, such as eth0."),
            ({"interface": "x" * 16}, "interface: 'xxxxxxxxxxxxxxxx' is no name of an interface"),
            ({"ports": [0]}, "ports: 0 is no port. Give a number from 1 to 65535."),
            ({"ports": []}, "ports: is empty. Leave it out for 9 and 7."),
            ({"ports": ["echo"]}, ""),
            ({"reach_port": 70000}, "reach_port: 70000 is no port."),
            (
                {"rungs": ["rtc"]},
                "rungs: rtc was asked for, but it is not known when its own alarm is due: give due.",
            ),
            (
                {"rungs": ["agent"]},
                "rungs: agent was asked for, but no agents: set the host's variable pm_agents",
            ),
            (
                {"rungs": ["magic"], "mac": None},
                "rungs: magic was asked for, but no MAC address: set the host's var",
            ),
            (
                {"rungs": ["rtc"], "due": 400},
                "rungs: rtc was asked for, but its own alarm is due in 400 s, and timeout",
            ),
            ({"rungs": []}, "rungs: is empty. Leave it out for rtc, magic, agent."),
            ({"rungs": ["bmc"]}, ""),
            (
                {"mac": None},
                "nothing to wake it with: no MAC address: set the host's variable pm_mac, or the option mac; ",
            ),
            (
                {"due": "soon"},
                "due: 'soon' is neither a number of seconds nor a moment such as 2030-01-31T06:00:00Z.",
            ),
            ({"due": "2030-01-31T06:00:00"}, "due: '2030-01-31T06:00:00' is neither"),
            ({"due": "inf"}, "due: 'inf' is neither"),
            ({"due": [1]}, "due: '[1]' is neither"),
            (
                {"reach": "none", "verify_from": "proxy"},
                "verify_from: proxy has nothing to verify with reach: none.",
            ),
            ({"reach": "ping"}, "reach must be one of ssh, tcp, none"),
            ({"timeot": 5}, "unknown option 'timeot', did you mean 'timeout'?"),
            ({"timeout": "long"}, "timeout must be a number."),
        ],
    )
    def test_mistakes(self, given: dict[str, t.Any], said: str) -> None:
        (message,) = mistakes(**given)
        assert message.startswith(f"node1: {said}")

    @pytest.mark.parametrize("name", ["timeout", "agent_timeout"])
    @pytest.mark.parametrize("value", [0, -1, math.nan, math.inf])
    def test_times_to_work_in(self, name: str, value: float) -> None:
        assert mistakes(**{name: value}) == [
            f"node1: {name}: {value:g} s is no time to work in. Give a number of seconds above 0."
        ]

    @pytest.mark.parametrize("value", [0, 0.05, -1, math.nan, math.inf])
    def test_packets_do_not_flood_the_network(self, value: float) -> None:
        assert mistakes(interval=value) == [f"node1: interval: {value:g} s is too short. Give 0.1 s or more."]

    @pytest.mark.parametrize("value", [-1, math.nan])
    def test_a_stagger_below_nothing(self, value: float) -> None:
        assert mistakes(stagger=value) == [
            f"node1: stagger: {value:g} s is not possible. Give 0 or more seconds."
        ]

    @pytest.mark.parametrize("name", ["timeout", "agent_timeout", "interval", "stagger"])
    def test_no_time_is_longer_than_a_day(self, name: str) -> None:
        assert mistakes(**{name: 1e9}) == [
            f"node1: {name}: 1e+09 s is too long. Give a day (86400 s) or less."
        ]

    def test_all_are_told_at_once(self) -> None:
        agents = [{"name": "bmc"}, {"name": "pdu", "ipmi": {"address": "10.0.0.2", "pasword": "hunter22"}}]
        said = mistakes(mac="x", secureon="y", broadcast="z", timeout=0, due="soon", agents=agents)
        assert [line.split(": ")[1] for line in said[:5]] == [
            "timeout",
            "due",
            "mac",
            "secureon",
            "broadcast",
        ]
        assert any("pm_agents[0] 'bmc': names no driver" in line for line in said)
        assert any("pm_agents[1] 'pdu': unknown key 'ipmi.pasword'" in line for line in said)
        assert not any("nothing to wake it with" in line or "no agents" in line for line in said)
        assert "hunter22" not in " ".join(said)

    def test_agents_that_contradict_each_other(self) -> None:
        (message,) = mistakes(agents=[BMC, BMC])
        assert message.startswith("node1: pm_agents: ")
        assert "have the same name" in message

    def test_agents_are_not_read_when_their_rung_is_not_wanted(self) -> None:
        assert task(agents=[{"name": "bmc"}], rungs=["magic"]).wake.rungs == ("magic",)

    def test_agents_that_are_no_list(self) -> None:
        assert "must be a list" in mistakes(agents="bmc")[0]

    def test_what_the_action_sets_is_not_proposed(self) -> None:
        (message,) = mistakes(qqqq=1)
        assert message.startswith("node1: unknown option 'qqqq'. Known: mac, secureon, ")
        assert "only_send" not in message

    @pytest.mark.parametrize(
        "secureon", [SECUREON * 2, "hunter-two", "00:11:22:33:44:zz", {"a": "hunter-two"}]
    )
    def test_a_password_is_never_shown(self, secureon: t.Any) -> None:
        with pytest.raises(Mistakes) as caught:
            task(secureon=secureon)
        error: BaseException | None = caught.value
        while error is not None:
            assert "hunter-two" not in str(error)
            assert "33:44" not in str(error).replace("00:11:22:33:44:55", "")
            error = error.__context__
