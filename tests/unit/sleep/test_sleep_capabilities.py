"""What is told of whole machines, recorded or written by hand: each thing with its state, and the summary."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import json
import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._sleep.answer import STATES
from ansible_collections.hostpm.power.plugins.module_utils._sleep.capabilities import probe
from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import RecordedMachine
from ansible_collections.hostpm.power.plugins.module_utils._sleep.summary import sentence, summarize
from sleep_kit import NAMES, ClockMachine, command, machine, recording

#: Of each machine: how it sleeps, what wakes it, what could not be told.
SUMMARIES: dict[str, tuple[str, str, list[str]]] = {
    "container": (
        "no, it is a container (docker)",
        "not known",
        ["eth0: ethtool is missing: install the package ethtool"],
    ),
    "guest_s3_s4": (
        "mem, disk, hybrid by systemd; freeze by sysfs",
        "rtc0, ens3 52:54:00:77:00:01 (not ready)",
        [],
    ),
    "guest_armed": (
        "mem, disk, hybrid by systemd; freeze by sysfs",
        "rtc0, ens3 52:54:00:77:00:01",
        [],
    ),
    "guest_user": (
        "freeze by sysfs",
        "rtc0",
        [
            "mem, disk, hybrid: logind answers root alone here: needs root: run with become",
            "ens3: needs root: run with become",
        ],
    ),
    "guest_not_allowed": ("freeze by sysfs", "rtc0, ens3 52:54:00:77:00:01", []),
    "guest_no_swap": ("mem by systemd; freeze by sysfs", "rtc0, ens3 52:54:00:77:00:01", []),
    "guest_s2idle_chosen": ("freeze, disk, hybrid by systemd", "rtc0, ens3 52:54:00:77:00:01", []),
    "guest_no_logind": (
        "freeze by sysfs",
        "rtc0, ens3 52:54:00:77:00:01",
        [
            f"{mode}: logind does not answer {method}: 'Call failed: Unit dbus-org.freedesktop.login1.service failed "
            "to load properly, please adjust/correct and reload service manager: File exists'"
            for mode, method in (
                ("mem", "CanSuspend"),
                ("disk", "CanHibernate"),
                ("hybrid", "CanHybridSleep"),
            )
        ],
    ),
    "guest_no_s3": (
        "freeze by systemd",
        "rtc0, enp0s2 52:54:00:77:00:03 (until the next boot), enp0s3 52:54:00:77:00:04 (not ready)",
        [],
    ),
    "guest_pm_utils": (
        "mem, disk, hybrid by pm_utils; freeze by sysfs",
        "rtc0, eth0 52:54:00:77:00:01 (not ready)",
        [],
    ),
    "laptop_s2idle": (
        "freeze by systemd",
        "rtc0, enp0s13f0u1 02:00:00:00:00:12 (until the next boot)",
        [],
    ),
    "server_no_alarm": ("no", "nothing of its own", []),
    "server_cards": (
        "freeze, mem by sysfs",
        "rtc1 (not ready; an alarm is pending), eno1 02:00:00:00:00:31, eno2 02:00:00:00:00:31 (not ready), "
        "ens1f0 02:00:00:00:00:33 (not ready)",
        [
            "bmc_in_band: the firmware tells of a BMC, but no driver is loaded: modprobe -a ipmi_si ipmi_devintf"
        ],
    ),
}

#: More of what is told, by the path in the capabilities.
DETAILS: dict[str, dict[str, t.Any]] = {
    "container": {
        "sleep.mem.why": "this is a container (docker): only its host can sleep",
        "rtc.state": "none",
        "rtc.longest_alarm.why": "there is no clock to try it on",
        "wake_on_lan.eth0.mac": "02:fc:00:00:00:01",
        "wake_on_lan.eth0.driver": "virtio_net",
        "cpuidle.states": ["POLL", "haltpoll idle"],
        "virtualization": "kvm",
    },
    "guest_s3_s4": {
        "mem_sleep": {"available": ["s2idle", "deep"], "current": "deep"},
        "rtc.ready": True,
        "rtc.clock": "utc",
        "rtc.alarm": None,
        "resume.by": "kernel command line",
        "wake_on_lan.ens3.supported": "g",
        "wake_on_lan.ens3.armed": "d",
        "wake_on_lan.ens3.wakeup": "disabled",
        "wake_on_lan.ens3.driver": "e100",
        "bmc_in_band.state": "none",
    },
    "guest_armed": {
        "wake_on_lan.ens3.ready": True,
        "wake_on_lan.ens3.persistent.state": "yes",
        "wake_on_lan.ens3.persistent.by": "systemd (/etc/systemd/network/50-wake.link)",
    },
    "guest_user": {
        "sleep.disk.state": "probe_failed",
        "sleep.disk.others": {
            "pm_utils": {"state": "supported", "why": ""},
            "sysfs": {"state": "supported", "why": ""},
        },
        "wake_on_lan.ens3.wakeup": "enabled",
        "rtc.ready": True,
    },
    "guest_not_allowed": {
        "sleep.mem.backend": "systemd",
        "sleep.mem.why": "logind says na: the machine cannot, or sleep.conf does not allow it",
        "sleep.mem.others.pm_utils.state": "supported",
    },
    "guest_no_swap": {"swap.state": "none", "sleep.disk.state": "none"},
    "guest_s2idle_chosen": {"sleep.mem.state": "none", "sleep.mem.others.sysfs.state": "supported"},
    "guest_no_s3": {
        "bmc_in_band.device": "/dev/ipmi0",
        "resume.by": "initramfs-tools",
        "wake_on_lan.enp1s0.state": "none",
        "wake_on_lan.enp1s0.chain": [
            {"device": "0000:01:00.0", "wakeup": "disabled"},
            {"device": "0000:00:04.0", "wakeup": "disabled"},
        ],
        "wake_on_lan.enp0s3.why": "not armed: ethtool -s enp0s3 wol g; the kernel cannot let it wake the machine: "
        "it has no power/wakeup",
    },
    "guest_pm_utils": {"rtc.clock": "unknown", "rtc.ready": True},
    "laptop_s2idle": {
        "rtc.clock": "local",
        "sleep.mem.state": "none",
        "swap.state": "none",
        "resume.by": "systemd, by an EFI variable",
        "performance_bias.kind": "energy_performance_preference",
        "cpufreq.governors": ["performance", "powersave"],
        "wake_on_lan.wlp1s0.state": "none",
        "wake_on_lan.enp0s13f0u1.wakeup": "enabled",
    },
    "server_no_alarm": {
        "rtc.state": "none",
        "rtc.why": "rtc0 takes no alarm that can wake the machine (it has no wakealarm)",
        "bmc_in_band.state": "supported",
        "cpufreq.max_khz": 3_000_000,
    },
    "server_cards": {
        "rtc.name": "rtc1",
        "rtc.alarm": 1767229200,
        "rtc.why": "rtc1 may not wake the machine: echo enabled > /sys/class/rtc/rtc1/device/power/wakeup",
        "sleep.disk.why": "the swap is too small: /dev/sda2 has 1048572 KiB free for an image of 2000000 KiB or more",
        "wake_on_lan.eno1.master": "bond0",
        "wake_on_lan.eno1.armed": "gs",
        "wake_on_lan.eno1.persistent.by": "ifupdown",
        "wake_on_lan.eno1.persistent.state": "yes",
        "wake_on_lan.eno2.permanent_mac": "02:00:00:00:00:32",
        "wake_on_lan.eno2.persistent.state": "no",
        "wake_on_lan.ens1f0.persistent.why": "/etc/network/interfaces.d/ens1 sets it to d",
        "performance_bias.current": ["6"],
    },
}


def at(found: t.Any, path: str) -> t.Any:
    return functools.reduce(lambda part, key: part[key], path.split("."), found)


def states(found: t.Any) -> t.Iterator[str]:
    """Every state in it, but those of a card's persistence, which are yes, no, unknown."""
    if isinstance(found, dict):
        if "state" in found:
            yield found["state"]
        for key, value in found.items():
            if key != "persistent":
                yield from states(value)


def test_every_recording_is_looked_at_and_says_what_it_is() -> None:
    assert set(NAMES) == set(SUMMARIES) >= set(DETAILS)
    for name in NAMES:
        data = recording(name)
        assert len(data["about"]) > 20, name
        by_hand = name.startswith(("laptop", "server"))
        assert data["written_by_hand"] is by_hand, name


@pytest.mark.parametrize("name", NAMES)
def test_a_machine(name: str) -> None:
    found = probe(RecordedMachine(recording(name)))
    summary = summarize(found)
    assert (summary["sleep"], summary["wake"], summary["unseen"]) == SUMMARIES[name]
    details = DETAILS.get(name, {})
    assert {path: at(found, path) for path in details} == details
    assert set(states(found)) <= set(STATES)
    assert json.loads(json.dumps(found)) == found  # what is sent back is what was meant


@pytest.mark.parametrize("name", NAMES)
def test_all_machines_have_the_same_shape(name: str) -> None:
    def shape(value: t.Any, path: str = "") -> set[str]:
        if not isinstance(value, dict) or path in (".wake_on_lan", ".sleep.*.others"):
            return {path}
        return {path}.union(
            *(shape(one, ".sleep.*" if path == ".sleep" else f"{path}.{key}") for key, one in value.items())
        )

    assert shape(probe(RecordedMachine(recording(name)))) == shape(probe(machine()))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_written(name: str) -> None:
    one = RecordedMachine(recording(name))
    probe(one)
    assert one.written == []


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_is_told(name: str) -> None:
    assert "de:ad" not in json.dumps(probe(RecordedMachine(recording(name))))


def test_a_machine_of_which_nothing_can_be_read() -> None:
    found = probe(machine())
    assert summarize(found)["sleep"] == "not probed"
    assert {mode["state"] for mode in found["sleep"].values()} == {"not_probed"}
    assert (found["container"], found["kernel"], found["wake_on_lan"]) == ("unknown", "", {})


@pytest.mark.parametrize(("interfaces", "name"), [(None, "*"), (["eth0"], "eth0")])
def test_interfaces_that_cannot_be_listed(interfaces: list[str] | None, name: str) -> None:
    one = machine(folders={"/sys/class/net": {"error": "EACCES"}})
    found = probe(one, interfaces=interfaces)["wake_on_lan"]
    assert list(found) == [name]
    assert found[name]["state"] == "probe_failed"
    assert found[name]["why"] == "cannot list /sys/class/net: Permission denied"


def test_named_interfaces_alone() -> None:
    found = probe(RecordedMachine(recording("server_cards")), interfaces=["bond0", "ens1f0"])
    assert list(found["wake_on_lan"]) == ["bond0", "ens1f0"]
    assert found["wake_on_lan"]["bond0"]["why"].endswith("Ask for what it is made of: eno1, eno2")


def test_a_named_backend() -> None:
    found = probe(RecordedMachine(recording("guest_s3_s4")), backend="pm_utils")
    assert summarize(found)["sleep"] == "mem, disk, hybrid by pm_utils"


def test_the_longest_alarm_is_tried_only_when_asked_for() -> None:
    one = ClockMachine(limit=86_399)
    assert probe(one)["rtc"]["longest_alarm"] == {
        "state": "not_probed",
        "why": "not asked for: set probe_alarm",
        "seconds": None,
        "at_least": False,
    }
    assert one.written == []
    longest = probe(one, alarm_not_tried="")["rtc"]["longest_alarm"]
    assert (longest["state"], longest["at_least"]) == ("supported", False)
    assert 86_339 <= longest["seconds"] <= 86_399
    assert one.alarm is None


def test_the_longest_alarm_is_not_tried_in_a_container() -> None:
    one = ClockMachine()
    one.commands = [command("systemd-detect-virt", "--container", out="docker\n")]
    longest = probe(one, alarm_not_tried="")["rtc"]["longest_alarm"]
    assert longest["state"] == "not_probed"
    assert longest["why"] == "not tried in a container (docker): the clock belongs to its host"
    assert one.written == []


def test_the_longest_alarm_is_not_tried_while_another_is_pending() -> None:
    one = ClockMachine()
    one.alarm = one.now + 100
    longest = probe(one, alarm_not_tried="")["rtc"]["longest_alarm"]
    assert longest["state"] == "probe_failed"
    assert "it is left alone" in longest["why"]
    assert one.written == []


def test_the_summary_as_a_sentence() -> None:
    summary = {"sleep": "mem by systemd", "wake": "rtc0", "unseen": ["eth0: needs root", "x: y"]}
    assert sentence(summary) == "Sleep: mem by systemd. Wake: rtc0. Not seen: eth0: needs root; x: y."
    assert sentence({**summary, "unseen": []}) == "Sleep: mem by systemd. Wake: rtc0."
