"""What is refused before a machine may sleep, each with its reason and what to do; and the plan of one that may."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import replace

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._sleep import prepare as prepare_module
from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import RecordedMachine
from ansible_collections.hostpm.power.plugins.module_utils._sleep.prepare import (
    Prepared,
    Wish,
    prepare,
)
from ansible_collections.hostpm.power.plugins.module_utils._sleep.store import WayBack
from ansible_collections.hostpm.power.plugins.module_utils._sleep.ways import Refused
from job_kit import INHIBITORS, RTC, said, server

WISH = Wish(
    mode="mem",
    duration=60.0,
    delay=10.0,
    ways=("rtc",),
    interface="",
    backend="auto",
    busy_check=(),
    wake_proof="exercised",
    allow=(),
    controller_boot_id="another",
)
MAC = "52:54:00:00:00:01"
WORKED = WayBack("mem", "rtc", "6.1.0-1", "m1", 1690000000.0, 30.0, 4.0, backend="systemd")


def prepared(machine: RecordedMachine, wish: Wish = WISH, known: t.Sequence[WayBack] = (WORKED,)) -> Prepared:
    return prepare(machine, wish, token="t1", now=lambda: 500.0, trial=False, known=known)


def refused(
    machine: RecordedMachine, wish: Wish = WISH, known: t.Sequence[WayBack] = (WORKED,)
) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        prepared(machine, wish, known)
    return caught.value.outcome, str(caught.value)


def test_a_machine_that_may_sleep() -> None:
    found = prepared(server())
    plan = found.plan
    assert (plan.backend, plan.rtc, plan.void, plan.boot_id) == ("systemd", "rtc0", 530.0, "b1")
    assert found.ways == (
        {"way": "rtc", "state": "exercised", "at": 1690000000, "asleep": 30.0, "entry": 4.0},
    )


def test_one_whose_way_back_is_only_armed_needs_to_be_told_so() -> None:
    outcome, why = refused(server(), known=())
    assert outcome == "refused_no_wake"
    assert "no way back from mem (rtc) has ever worked on this machine with this kernel" in why
    assert "wake_proof: armed" in why
    found = prepared(server(), replace(WISH, wake_proof="armed"), ())
    assert found.ways == ({"way": "rtc", "state": "armed"},)


def test_another_kernel_or_mode_has_proven_nothing() -> None:
    for known in (
        replace(WORKED, kernel="6.0"),
        replace(WORKED, mode="disk"),
        replace(WORKED, machine_id="m2"),
    ):
        assert refused(server(), known=(known,))[0] == "refused_no_wake"


def test_a_clone_and_another_card_have_proven_nothing() -> None:
    firmware = "/sys/class/dmi/id/product_uuid"
    machine, card = server(), f"eth0 {MAC}"
    machine.files[firmware] = "4c4c4544-0001\n"
    machine.commands.append({"argv": ["ethtool", "eth0"], "out": "Supports Wake-on: pumbg\n\tWake-on: g\n"})
    wish = replace(WISH, ways=("rtc", "wol"), interface="eth0", wake_proof="armed")
    plan = prepared(machine, wish, ()).plan
    worked = [
        replace(WORKED, machine_id=plan.machine_id),
        replace(WORKED, machine_id=plan.machine_id, way="wol", card=card),
    ]
    assert [one["state"] for one in prepared(machine, wish, worked).ways] == ["exercised", "exercised"]
    machine.files["/sys/class/net/eth0/address"] = "52:54:00:00:00:99\n"
    assert [one["state"] for one in prepared(machine, wish, worked).ways] == ["exercised", "armed"]
    machine.files[firmware] = "4c4c4544-0002\n"
    assert [one["state"] for one in prepared(machine, wish, worked).ways] == ["armed", "armed"]


@pytest.mark.parametrize("boot_id", ["b1", "local"])
def test_the_controller_itself(boot_id: str) -> None:
    wish = replace(WISH, controller_boot_id=boot_id)
    outcome, why = refused(server(), wish)
    assert outcome == "refused"
    assert "it is the machine that runs this play" in why
    assert "allow: [controller]" in why
    assert prepared(server(), replace(wish, allow=("controller",)))


def test_a_container() -> None:
    machine = server()
    said(machine, ["systemd-detect-virt", "--container"], rc=0, out="lxc\n")
    outcome, why = refused(machine)
    assert (outcome, "this is a container (lxc)" in why, "allow: [container]" in why) == (
        "refused",
        True,
        True,
    )


@pytest.mark.parametrize(
    ("program", "allow", "text"),
    [
        ("corosync", "cluster", "it is a member of a cluster (corosync runs): its peers would fence it"),
        ("pacemaker_remot", "cluster", "it is a member of a cluster (pacemaker_remot runs)"),
        ("qemu-system-x86", "guests", "1 virtual machine(s) run on it (qemu-system-x86)"),
    ],
)
def test_what_runs_on_it(program: str, allow: str, text: str) -> None:
    machine = server()
    machine.folders["/proc"] = ["1", "77"]
    machine.files["/proc/77/comm"] = f"{program}\n"
    outcome, why = refused(machine)
    assert (outcome, text in why, f"allow: [{allow}]" in why) == ("refused", True, True)
    assert prepared(machine, replace(WISH, allow=(allow,)))


def test_somebody_inhibits_sleep() -> None:
    machine = server()
    block = 'a(ssssuu) 2 "sleep" "x" "y" "delay" 0 1 "shutdown:sleep" "backup" "it \\"runs\\"" "block" 0 7\n'
    said(machine, INHIBITORS, out=block)
    assert refused(machine) == ("refused_busy", 'backup (process 7) inhibits sleep: it "runs"')
    assert prepared(machine, replace(WISH, allow=("inhibitors",)))


@pytest.mark.parametrize(
    ("answer", "said_of_it"),
    [
        ({"rc": 1, "err": "Failed to connect to bus\n"}, "Failed to connect to bus"),
        ({"error": "ENOENT"}, "No such file or directory"),
        ({"out": 'a(ssssuu) 1 "sleep\n'}, "No closing quotation"),
        ({"out": 'a(ssssuu) 1 "sleep" "x"\n'}, "the answer cannot be understood"),
    ],
)
def test_inhibitors_that_nobody_can_tell_count_as_such(answer: dict[str, t.Any], said_of_it: str) -> None:
    machine = server()
    said(machine, INHIBITORS, **answer)
    outcome, why = refused(machine)
    assert outcome == "refused_busy"
    assert "nobody can tell who inhibits sleep (" in why
    assert said_of_it in why
    machine.known["/run/systemd/seats"] = False
    assert prepared(machine), "without logind there are none"


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        (
            f"{RTC}/device/power/wakeup",
            "disabled\n",
            "rtc0 may not wake the machine (power/wakeup is disabled)",
        ),
        (f"{RTC}/wakealarm", None, "rtc0 has no alarm"),
    ],
)
def test_no_alarm(file: str, text: str | None, why: str) -> None:
    machine = server()
    machine.files.pop(file)
    if text is not None:
        machine.files[file] = text
    outcome, told = refused(machine)
    assert (outcome, why in told, "hostpm.power.rtc_wake" in told) == ("refused_no_wake", True, True), told


def test_a_duration_that_is_over_before_it_sleeps() -> None:
    outcome, why = refused(server(), replace(WISH, duration=7.0))
    assert outcome == "refused_no_wake"
    assert "a duration of 7 s is too short: falling asleep by mem took 4.0 s here" in why
    assert why.endswith("Ask for 8 s or more")
    assert "is taken to need 5.0 s" in refused(server(), replace(WISH, duration=7.0), ())[1]


@pytest.mark.parametrize(("entry", "least"), [(1.0, 10), (8.0, 16)])
def test_another_backend_may_take_longer_to_fall_asleep(entry: float, least: int) -> None:
    """What is known of systemd or sysfs says nothing of the hooks of pm-utils; that the clock wakes it is known."""
    machine = server()
    said(machine, ["pm-is-supported", "--suspend"], rc=0)
    wish, worked = replace(WISH, backend="pm_utils"), replace(WORKED, entry=entry)
    outcome, why = refused(machine, replace(wish, duration=least - 1.0), [worked])
    assert outcome == "refused_no_wake"
    assert f"falling asleep by mem is taken to need {least / 2} s here" in why
    found = prepared(machine, replace(wish, duration=float(least)), [worked])
    assert (found.plan.backend, found.ways[0]["state"]) == ("pm_utils", "exercised")
    own = replace(worked, backend="pm_utils")
    assert prepared(machine, replace(wish, duration=2 * entry), [own]).plan.duration == 2 * entry


def test_a_card_that_is_not_armed() -> None:
    wish = replace(WISH, duration=None, ways=("wol",), interface="eth0", wake_proof="armed")
    machine = server()
    assert prepared(machine, wish).plan.rearm == ("eth0=g",)
    assert prepared(machine, wish).plan.card_device == "0000:00:03.0"
    said(machine, ["ethtool", "eth0"], out="Supports Wake-on: pumbg\n\tWake-on: d\n")
    outcome, why = refused(machine, wish)
    assert (outcome, "eth0 would not wake it by a magic packet: not armed" in why) == (
        "refused_no_wake",
        True,
    ), why
    assert "hostpm.power.wake_on_lan" in why
    assert "there is no interface eth9" in refused(machine, replace(wish, interface="eth9"))[1]
    assert "needs an interface" in refused(machine, replace(wish, interface=""))[1]


def test_a_card_that_wants_a_password_must_be_able_to_wake_it_as_any_other() -> None:
    wish = replace(WISH, duration=None, ways=("wol",), interface="eth0", wake_proof="armed")
    machine = server()
    said(machine, ["ethtool", "eth0"], out="Supports Wake-on: pumbgs\n\tWake-on: s\n")
    assert prepared(machine, wish).plan.rearm == ("eth0=s",)
    del machine.files["/sys/class/net/eth0/device/power/wakeup"]
    outcome, why = refused(machine, wish)
    assert outcome == "refused_no_wake"
    assert "eth0 would not wake it by a magic packet: the kernel cannot let it wake the machine" in why


def test_a_disk_without_swap() -> None:
    machine = server()
    machine.files["/proc/swaps"] = "Filename Type Size Used Priority\n"
    outcome, why = refused(machine, replace(WISH, mode="disk", duration=600.0))
    assert (outcome, "it cannot sleep by disk (systemd): there is no swap on a disk" in why) == (
        "refused",
        True,
    ), why
    assert why.endswith("say allow: [swap]")
    assert prepared(
        machine, replace(WISH, mode="disk", duration=600.0, allow=("swap",), wake_proof="armed"), ()
    )


def test_a_foreign_alarm_is_left_alone() -> None:
    """mem has an alarm of its own kind; disk needs the RTC's one."""
    machine = server()
    machine.files[f"{RTC}/wakealarm"] = "1700009999\n"
    prepare(machine, replace(WISH, wake_proof="armed"), token="t", now=lambda: 0.0, trial=False, known=())
    disk = replace(WISH, mode="disk", duration=600.0, wake_proof="armed")
    with pytest.raises(Refused, match="another alarm is pending") as caught:
        prepare(machine, disk, token="t", now=lambda: 0.0, trial=True, known=())
    assert caught.value.outcome == "refused_no_wake"
    assert machine.written == []


def test_a_check_that_finds_work() -> None:
    machine = server()
    said(machine, ["sh", "-c", "who | grep ."], rc=1)
    outcome, why = refused(machine, replace(WISH, busy_check=("who | grep .",)))
    assert (outcome, why) == ("refused_busy", "busy_check 'who | grep .' says that it is busy")


MIB: t.Final = 1024**2


@pytest.mark.parametrize(
    ("image_size", "free", "available", "least"),
    [
        pytest.param(None, 0, 450, 61, id="all-of-the-memory"),
        pytest.param(100 * MIB, 0, 450, 45, id="as-large-as-the-kernel-may-make-it"),
        pytest.param(400 * MIB, 400, 450, 45, id="no-more-than-is-used"),
        pytest.param(0, 0, 200, 53, id="what-cannot-be-thrown-away"),
    ],
)
def test_an_image_takes_its_time_to_be_written(
    image_size: int | None, free: int, available: int, least: int
) -> None:
    """An alarm that is due in this time never wakes the machine; no sleep before tells how long it took."""
    machine = server()
    sizes = {"MemTotal": 500, "MemFree": free, "MemAvailable": available, "Active(anon)": 1}
    machine.files["/proc/meminfo"] = "".join(f"{name}: {mib * 1024} kB\n" for name, mib in sizes.items())
    if image_size is not None:
        machine.files["/sys/power/image_size"] = f"{image_size}\n"
    worked = replace(WORKED, mode="disk", entry=1.0)
    wish = replace(WISH, mode="disk")
    _outcome, why = refused(machine, replace(wish, duration=30.0), [worked])
    assert "falling asleep by disk is taken to need " in why
    assert why.endswith(f"Ask for {least} s or more"), why
    assert prepared(machine, replace(wish, duration=float(least)), [worked]).plan.duration == least


def test_check_mode_sees_an_alarm_that_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = server()
    machine.files[f"{RTC}/wakealarm"] = "1700009999\n"
    disk = replace(WISH, mode="disk", duration=600.0, wake_proof="armed")
    for noted, ours in (
        (None, False),
        (("rtc0", 1700008888), False),
        (("rtc1", 1700009999), False),
        (("rtc0", 1700009999), True),
    ):
        monkeypatch.setattr(prepare_module, "noted_alarm", lambda noted=noted: noted)
        with contextlib.nullcontext() if ours else pytest.raises(Refused, match="another alarm is pending"):
            prepare(machine, disk, token="t", now=lambda: 0.0, trial=False, known=())
    assert machine.written == []


@pytest.mark.parametrize("trial", [False, True])
def test_no_alarm_without_a_clock_of_the_kernel(trial: bool) -> None:
    """The kernel makes a timer without one too, which never wakes anything; check mode says so too."""
    machine = server()
    machine.alarm_clock = False
    with pytest.raises(Refused, match="the kernel has no clock for its alarms") as caught:
        prepare(machine, WISH, token="t", now=lambda: 0.0, trial=trial, known=(WORKED,))
    assert caught.value.outcome == "refused_no_wake"


def test_every_card_that_is_armed_is_to_be_armed_again() -> None:
    machine = server()
    assert prepared(machine).plan.rearm == ("eth0=g",)
    for letters, rearm in (("d", ()), ("gs", ("eth0=gs",))):
        said(machine, ["ethtool", "eth0"], out=f"Supports Wake-on: pumbgs\n\tWake-on: {letters}\n")
        assert prepared(machine).plan.rearm == rearm
