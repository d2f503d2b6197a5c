"""Nonsense in any file or answer, and any error of the kernel: nothing raises, and nothing is made of it."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.filter.power_xml import power_xml
from ansible_collections.hostpm.power.plugins.module_utils._sleep.answer import STATES
from ansible_collections.hostpm.power.plugins.module_utils._sleep.capabilities import probe
from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import RecordedMachine
from ansible_collections.hostpm.power.plugins.module_utils._sleep.summary import sentence, summarize
from hypothesis import given
from hypothesis import strategies as st
from sleep_kit import NAMES, recording
from test_sleep_capabilities import at, states

RECORDINGS = {name: recording(name) for name in NAMES}
ERRORS = ("EACCES", "EPERM", "EIO", "EINVAL", "ENODEV", "ENOENT", "ENOTDIR", "ETIMEDOUT", "ELOOP")

#: What files hold, with its words, numbers and brackets out of place; and texts of all characters.
WORDS = (
    "mem",
    "disk",
    "freeze",
    "[deep]",
    "[",
    "]",
    "0:0",
    "-1",
    "99999999999999999999",
    "enabled",
    "Wake-on:",
    "g",
    "\0",
    "\ufffd",
)
texts = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=6).map("\n".join),
    st.lists(
        st.sampled_from(["[Match]", "OriginalName=*", "WakeOnLan=magic", "Path=[", "iface eth0", "=", "["])
    ).map("\n".join),
)
errors = st.sampled_from(ERRORS).map(lambda name: {"error": name})


@st.composite
def spoiled_machines(draw: st.DrawFn) -> RecordedMachine:
    """A recorded machine in which some of what it told is something else."""
    data = RECORDINGS[draw(st.sampled_from(NAMES))]
    spoiled: dict[str, t.Any] = {"uid": draw(st.sampled_from([0, 1000])), "exists": data.get("exists", {})}
    contents: dict[str, st.SearchStrategy[t.Any]] = {
        "files": texts | errors,
        "links": texts | errors,
        "folders": st.lists(texts, max_size=4) | errors,
    }
    for kind, content in contents.items():
        told = data.get(kind, {})
        names = draw(st.lists(st.sampled_from(sorted(told)), max_size=4, unique=True)) if told else []
        spoiled[kind] = {**told, **{name: draw(content) for name in names}}
    spoiled["commands"] = [
        {
            **command,
            **draw(st.fixed_dictionaries({"out": texts, "err": texts, "rc": st.integers(-15, 255)}) | errors),
        }
        if draw(st.booleans())
        else command
        for command in data["commands"]
    ]
    return RecordedMachine(spoiled)


@given(spoiled_machines())
def test_whatever_a_machine_tells_there_is_an_answer(one: RecordedMachine) -> None:
    found = probe(one)
    assert set(states(found)) <= set(STATES)
    assert one.written == []
    json.dumps(found).encode()
    assert sentence(summarize(found)).encode("utf-8", "strict")
    for form in ("libvirt", "2011"):
        assert power_xml(found, form).isprintable()
    for thing in (*found["sleep"].values(), *found["wake_on_lan"].values(), found["rtc"], found["cpufreq"]):
        assert thing["why"] or thing["state"] == "supported", thing
        assert len(thing["why"]) < 1500


#: On this machine all of these are supported; each file that an answer rests on takes it away when it makes no sense.
RESTS_ON = [
    ("guest_armed", "/sys/power/state", ["sleep.freeze", "sleep.mem"]),
    ("guest_armed", "/sys/power/mem_sleep", ["sleep.freeze", "sleep.mem"]),
    ("guest_armed", "/sys/power/disk", ["sleep.freeze", "sleep.mem"]),
    ("guest_armed", "/proc/swaps", ["swap", "sleep.disk", "sleep.hybrid"]),
    ("guest_armed", "/proc/meminfo", ["swap", "sleep.disk", "sleep.hybrid"]),
    ("guest_armed", "/proc/cmdline", ["resume", "sleep.disk", "sleep.hybrid"]),
    ("guest_armed", "/sys/class/rtc/rtc0/since_epoch", ["rtc"]),
    ("guest_armed", "/sys/class/rtc/rtc0/wakealarm", ["rtc"]),
    ("guest_armed", "/sys/class/rtc/rtc0/device/power/wakeup", ["rtc"]),
    ("guest_armed", "/sys/class/rtc/rtc0/name", ["rtc"]),
    ("guest_armed", "/sys/class/net/ens3/address", ["wake_on_lan.ens3"]),
    ("guest_armed", "/sys/class/net/ens3/device/power/wakeup", ["wake_on_lan.ens3"]),
    ("laptop_s2idle", "/sys/devices/system/cpu/cpufreq/policy0/scaling_driver", ["cpufreq"]),
    ("laptop_s2idle", "/sys/devices/system/cpu/cpufreq/policy1/cpuinfo_max_freq", ["cpufreq"]),
    ("laptop_s2idle", "/sys/devices/system/cpu/cpuidle/current_driver", ["cpuidle"]),
    (
        "laptop_s2idle",
        "/sys/devices/system/cpu/cpufreq/policy0/energy_performance_preference",
        ["performance_bias"],
    ),
]


@pytest.mark.parametrize(
    "content", ["\0\1\2", "\ufffd\ufffd", {"error": "EIO"}], ids=["binary", "no text", "error"]
)
@pytest.mark.parametrize(("name", "path", "things"), RESTS_ON)
def test_what_rests_on_a_file_that_makes_no_sense_has_failed(
    name: str, path: str, things: list[str], content: t.Any
) -> None:
    data = recording(name)
    before = probe(RecordedMachine(data))
    assert path in data["files"]
    data["files"][path] = content
    found = probe(RecordedMachine(data))
    for thing in things:
        assert at(before, thing)["state"] == "supported", thing
        assert at(found, thing)["state"] == "probe_failed", thing
        assert at(found, thing)["why"], thing


@pytest.mark.parametrize("name", ["guest_armed", "server_cards", "laptop_s2idle"])
@pytest.mark.parametrize("unit", ["\n", " ", "a", "[", "wol ", "iface eth0\n", "=\n", "5", "ff:"])
def test_large_nonsense_takes_no_time(name: str, unit: str) -> None:
    """A pattern that goes back and forth over it would not end; the time limit of the test run would tell."""
    data = recording(name)
    data["files"] = dict.fromkeys(data["files"], unit * 100000 + "!")
    data["commands"] = [
        {**command, "out": unit * 100_000 + "!", "err": unit * 100_000} for command in data["commands"]
    ]
    found = probe(RecordedMachine(data))
    assert found["rtc"]["state"] == "probe_failed"
    assert len(json.dumps(found)) < 20_000


@pytest.mark.parametrize(
    "answer",
    [
        {"out": "\0"},
        {"out": 's "perhaps"\n'},
        {"rc": -9, "out": ""},
        {"error": "ETIMEDOUT"},
        {"error": "ENOENT"},
    ],
)
@pytest.mark.parametrize(
    ("program", "things"),
    [("busctl", ["sleep.mem", "sleep.disk", "sleep.hybrid"]), ("ethtool", ["wake_on_lan.ens3"])],
)
def test_what_rests_on_a_program_that_makes_no_sense_is_not_supported(
    program: str, things: list[str], answer: dict[str, t.Any]
) -> None:
    data = recording("guest_armed")
    data["commands"] = [
        {"argv": command["argv"], **answer} if command["argv"][0] == program else command
        for command in data["commands"]
    ]
    found = probe(RecordedMachine(data))
    for thing in things:
        assert at(found, thing)["state"] in ("probe_failed", "none"), thing
        assert at(found, thing)["why"], thing
