"""The process of a planned sleep: commit and cancel, the order at entry, what it leaves behind on every way out."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._sleep import store
from ansible_collections.hostpm.power.plugins.module_utils._sleep.alarm import NoAlarm
from ansible_collections.hostpm.power.plugins.module_utils._sleep.job import Job, Plan
from ansible_collections.hostpm.power.plugins.module_utils._sleep.proof import Snapshot
from ansible_collections.hostpm.power.plugins.module_utils._sleep.sleeper import Sleeper
from job_kit import RTC, said, server

MAC = "52:54:00:00:00:01"
PLAN = Plan(
    token="t1",
    boot_id="b1",
    kernel="6.1",
    machine_id="m1",
    mode="mem",
    backend="systemd",
    prepared=1000.0,
    delay=10.0,
    duration=60.0,
    wake=("rtc",),
    rtc="rtc0",
    card="",
    card_mac="",
    card_device="",
    rearm=(),
    busy_check=(),
    allow=(),
)
#: With a card in place of an alarm.
BY_CARD = replace(PLAN, duration=None, wake=("wol",), card="eth0", card_mac=MAC, card_device="0000:00:03.0")


class FakeClock:
    """CLOCK_BOOTTIME that passes only when somebody sleeps; ``at`` runs things at moments."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.at: dict[float, t.Callable[[], object]] = {}

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        for moment in [moment for moment in self.at if moment <= self.time]:
            self.at.pop(moment)()


class World:
    """A machine, the order of what was done with it, and how long its sleep lasts."""

    def __init__(self, folder: Path, plan: Plan = PLAN) -> None:
        self.done: list[str] = []
        self.clock = FakeClock()
        self.plan = plan
        self.job = Job(str(folder / "job"))
        self.job.create(plan)
        self.machine = server()
        self.machine.files["/sys/power/wakeup_count"] = "7\n"
        self.machine.files["/proc/meminfo"] = (
            "MemTotal: 500000 kB\nMemFree: 400000 kB\nMemAvailable: 400000 kB\nActive(anon): 1000 kB\n"
        )
        self.kept: list[store.WayBack] = []
        self.dropped: list[tuple[str, ...]] = []
        self.relied: list[float] = []
        self.asleep = 60.2
        self.entry = 2.0
        self.error = ""
        self.sources: dict[str, int] = {}
        self._slept = 0.0

    def look(self, _machine: object) -> Snapshot:
        return Snapshot("b1", self.clock.time, self.clock.time - self._slept, dict(self.sources))

    def alarm(self, _machine: object, _plan: Plan, seconds: float) -> FakeAlarm:
        self.done.append(f"arm {seconds:g}")
        return FakeAlarm(self, self.clock.time + seconds)

    def enter(self, _machine: object, backend: str, mode: str, *, force: bool = False) -> str:
        assert not force
        self.done.append(f"{backend} {mode}")
        self._slept += self.asleep
        self.clock.time += self.asleep + self.entry
        return self.error

    def woken_by(self, *sources: str) -> t.Callable[..., str]:
        """To enter in place of ``enter``, for a kernel that counts a wake by each of these."""

        def enter(*args: t.Any, **more: t.Any) -> str:
            self.sources.update(dict.fromkeys(sources, 1))
            return self.enter(*args, **more)

        return enter

    def run(self, **more: t.Any) -> dict[str, t.Any]:
        parts: dict[str, t.Any] = {
            "alarm": self.alarm,
            "enter": self.enter,
            "look": self.look,
            "known": list,
            "remember": self.kept.append,
            "forget": lambda *key: self.dropped.append(key),
            "rely": lambda _plan, due: self.relied.append(due - time.time()),
            "relied_no_more": lambda: self.relied.append(0.0),
            **more,
        }
        return Sleeper(self.machine, self.job, self.plan, clock=self.clock, **parts).run()


class FakeAlarm:
    def __init__(self, world: World, due: float) -> None:
        self._world, self._due = world, due

    def fired(self) -> bool:
        return self._world.clock.time >= self._due

    def close(self) -> None:
        self._world.done.append("disarm")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_it_sleeps_at_its_moment_and_remembers_what_woke_it(world: World) -> None:
    world.job.ask("commit", "t1")
    moments: list[float] = []
    end = world.run(enter=lambda *a, **k: (moments.append(world.clock.time), world.enter(*a, **k))[1])
    assert moments == [pytest.approx(1010.0)]
    assert (end["outcome"], end["asleep"], end["woken_by"]) == ("slept", 60.2, "rtc")
    assert world.job.state() == {"phase": "done", **end}
    (way,) = world.kept
    assert (way.mode, way.way, way.kernel, way.machine_id, way.backend) == (
        "mem",
        "rtc",
        "6.1",
        "m1",
        "systemd",
    )
    assert (way.asleep, way.entry) == (pytest.approx(60.2), end["entry"])


def test_the_order_at_entry(world: World) -> None:
    world.job.ask("commit", "t1")
    world.plan = replace(PLAN, busy_check=("true",))
    world.machine.commands.append({"argv": ["sh", "-c", "true"], "rc": 0})
    order: list[str] = []
    read, write, run = world.machine.read, world.machine.write, world.machine.run
    world.machine.read = lambda path: (order.append(f"read {path}"), read(path))[1]  # type: ignore[method-assign]
    world.machine.write = lambda path, text: (  # type: ignore[method-assign]
        order.append(f"write {text.strip()}"),
        world.done.append("count"),
        write(path, text),
    )[2]
    world.machine.run = lambda argv, timeout=10.0: (order.append(argv[0]), run(argv, timeout))[1]  # type: ignore[method-assign]
    world.run()
    assert order.index("read /sys/power/wakeup_count") < order.index("sh") < order.index("write 7")
    assert order[-1] == "write 6", "the kernel is not left to abort the next sleep by an old event"
    assert world.done == ["arm 60", "count", "systemd mem", "count", "disarm"]
    assert world.relied == [pytest.approx(60.0, abs=5.0), 0.0]


def test_without_a_commit_it_stays_awake(world: World) -> None:
    end = world.run()
    assert end["outcome"] == "cancelled"
    assert end["why"] == "nobody committed it within 30 s: whoever prepared it is gone"
    assert (world.done, world.clock.time) == ([], pytest.approx(1030.0))


def test_the_delay_counts_from_the_commit(world: World) -> None:
    world.clock.at[1020.0] = lambda: world.job.ask("commit", "t1")
    moments: list[float] = []
    world.run(enter=lambda *a, **k: (moments.append(world.clock.time), world.enter(*a, **k))[1])
    assert moments == [pytest.approx(1030.0, abs=0.2)]


def test_the_commit_of_another_job_is_none(world: World) -> None:
    world.job.ask("commit", "another")
    assert world.run()["outcome"] == "cancelled"
    assert world.done == []


def test_it_is_cancelled_until_its_moment(world: World) -> None:
    world.job.ask("commit", "t1")
    world.clock.at[1009.5] = lambda: world.job.ask("cancel", "t1")
    assert world.run()["outcome"] == "cancelled"
    assert (world.done, world.job.state()["phase"]) == ([], "done")


@pytest.mark.parametrize(
    ("ran", "said"),
    [
        ({"rc": 1}, "says that it is busy"),
        ({"rc": 2, "err": "no such host\n"}, "failed with exit code 2, which counts as busy: no such host"),
        ({"error": "ENOENT"}, "could not be run"),
    ],
)
def test_work_that_came_meanwhile_keeps_it_awake(world: World, ran: dict[str, t.Any], said: str) -> None:
    world.job.ask("commit", "t1")
    world.plan = replace(PLAN, busy_check=("pgrep rsync",))
    world.machine.commands.append({"argv": ["sh", "-c", "pgrep rsync"], **ran})
    end = world.run()
    assert (end["outcome"], world.done) == ("refused_busy", [])
    assert said in end["why"]


def test_an_event_between_the_check_and_the_entry_breaks_it_off(world: World) -> None:
    world.job.ask("commit", "t1")
    world.machine.files["/sys/power/wakeup_count"] = "7\n"

    def moved(_path: str, _text: str) -> None:
        raise OSError(22, "Invalid argument")

    world.machine.write = moved  # type: ignore[method-assign]
    end = world.run()
    assert (end["outcome"], world.done) == ("aborted_at_entry", ["arm 60", "disarm"])
    assert "something woke the machine while it was going to sleep" in end["why"]


def test_no_alarm_no_sleep(world: World) -> None:
    world.job.ask("commit", "t1")

    def refuse(*_args: object) -> t.NoReturn:
        raise NoAlarm("the kernel has no such clock")

    end = world.run(alarm=refuse)
    assert (end["outcome"], end["why"], world.done) == ("refused_no_wake", "the kernel has no such clock", [])


@pytest.mark.parametrize(
    ("asleep", "error", "outcome"),
    [
        (0.0, "", "never_slept"),
        (0.0, "systemd-suspend.service failed: Device or resource busy", "aborted_at_entry"),
        (0.0, "Operation inhibited", "never_slept"),
        (20.0, "", "woke_early"),
        (58.3, "", "slept"),
        (60.2, "a hook failed after it came back", "slept"),
    ],
)
def test_how_it_ended(world: World, asleep: float, error: str, outcome: str) -> None:
    world.job.ask("commit", "t1")
    world.asleep, world.error, world.entry = asleep, error, 0.5
    end = world.run()
    assert (end["outcome"], world.done[-1]) == (outcome, "disarm")
    assert bool(world.kept) is (asleep == 60.2), "only a way back that woke it is remembered"


def test_a_clock_that_counts_whole_seconds_may_wake_it_before_the_moment(world: World) -> None:
    world.job.ask("commit", "t1")
    world.asleep, world.entry = 59.0, 0.3
    end = world.run()
    assert (end["outcome"], end["woken_by"], end["late"]) == ("slept", "rtc", 0.0)
    assert [way.asleep for way in world.kept] == [pytest.approx(59.0)]


def test_a_card_that_woke_it_is_told_and_armed_again(world: World) -> None:
    world.plan = replace(BY_CARD, rearm=("eth0=g",))
    world.job.ask("commit", "t1")
    world.machine.commands.append({"argv": ["ethtool", "-s", "eth0", "wol", "g"], "rc": 0})
    ran: list[t.Sequence[str]] = []
    run = world.machine.run
    world.machine.run = lambda argv, timeout=10.0: (ran.append(argv), run(argv, timeout))[1]  # type: ignore[method-assign]
    end = world.run(enter=world.woken_by("0000:00:03.0"))
    assert (end["outcome"], end["woken_by"], end["late"]) == ("slept", "wol", None)
    assert ran[-1] == ["ethtool", "-s", "eth0", "wol", "g"]
    assert [(way.way, way.card) for way in world.kept] == [("wol", f"eth0 {MAC}")]


@pytest.mark.parametrize(
    ("mode", "asleep", "source", "woken_by"),
    [
        ("mem", 60.2, "LNXPWRBN:00", "LNXPWRBN:00"),
        ("mem", 58.5, "LNXPWRBN:00", "LNXPWRBN:00"),
        ("mem", 66.0, "0000:00:03.0", "wol"),
        ("hybrid", 220.0, "LNXPWRBN:00", "LNXPWRBN:00"),
    ],
)
def test_what_wakes_it_beside_its_alarm_is_told_and_proves_no_way_back(
    world: World, mode: str, asleep: float, source: str, woken_by: str
) -> None:
    world.plan = replace(PLAN, mode=mode, wake=("rtc", "wol"), card="eth0", card_device="0000:00:03.0")
    world.job.ask("commit", "t1")
    world.asleep = asleep

    world.machine.files[f"{RTC}/name"] = "rtc_cmos 00:04\n"
    end = world.run(enter=world.woken_by("00:04", "[timerfd]", source))
    assert (end["outcome"], end["asleep"], end["woken_by"]) == ("slept", asleep, woken_by)
    assert world.kept == [], "it may not be able to wake by its clock, nor by its card"
    doubt = (
        f"it woke when its alarm was due, but the kernel names {source}: what woke it is not certain, and it does not "
        "count as a way back"
    )
    assert (end["doubt"], end["notes"]) == (doubt, [doubt])


def test_what_wakes_it_long_before_its_alarm_is_no_doubt(world: World) -> None:
    world.job.ask("commit", "t1")
    world.asleep = 20.0

    end = world.run(enter=world.woken_by("LNXPWRBN:00"))
    assert (end["outcome"], end["woken_by"]) == ("woke_early", "LNXPWRBN:00")
    assert (end["doubt"], end["notes"], world.kept) == ("", [], [])


def test_its_own_clock_and_timer_leave_no_doubt(world: World) -> None:
    world.job.ask("commit", "t1")

    world.machine.files[f"{RTC}/name"] = "rtc_cmos 00:04\n"
    end = world.run(enter=world.woken_by("00:04", "[timerfd]"))
    assert (end["woken_by"], end["doubt"], end["notes"]) == ("rtc", "", [])
    assert [way.way for way in world.kept] == ["rtc"]


def test_an_alarm_that_was_due_long_ago_did_not_wake_it(world: World) -> None:
    world.job.ask("commit", "t1")
    world.asleep = 100.0
    end = world.run()
    assert (end["outcome"], end["woken_by"], end["late"]) == ("slept", "unknown", 42.0)
    assert world.kept == [], "a way back that failed proves nothing"
    assert end["notes"] == [
        "it slept 42 s past its alarm, which did not wake it: this is no way back any more"
    ]
    assert world.dropped == [("mem", "rtc", "6.1", "m1")]


def test_a_failed_alarm_that_cannot_be_forgotten_is_told(world: World) -> None:
    world.job.ask("commit", "t1")
    world.asleep = 100.0

    def full(*_key: str) -> t.NoReturn:
        raise OSError(28, "No space left on device")

    end = world.run(forget=full)
    assert end["notes"][1:] == [
        "that could not be written down, so do not rely on its alarm: [Errno 28] No space left on device"
    ]


def test_a_duration_that_became_too_short_keeps_it_awake(world: World) -> None:
    """What has to be written grows until the moment of a hibernation."""
    world.plan = replace(PLAN, mode="disk")
    world.job.ask("commit", "t1")
    world.machine.files["/proc/meminfo"] = "MemTotal: 64000000 kB\nActive(anon): 1000 kB\n"
    end = world.run()
    assert (end["outcome"], world.done) == ("refused_no_wake", [])
    assert "a duration of 60 s is too short: falling asleep by disk is taken to need " in end["why"]


def test_a_card_that_wakes_by_more_than_packets_proves_nothing(world: World) -> None:
    world.plan = replace(BY_CARD, rearm=("eth0=bg",))
    world.job.ask("commit", "t1")
    world.machine.commands.append({"argv": ["ethtool", "-s", "eth0", "wol", "bg"], "rc": 0})
    end = world.run(enter=world.woken_by("0000:00:03.0"))
    assert (end["woken_by"], world.kept) == ("wol", [])
    assert "eth0 is armed for more than magic packets (Wake-on: b)" in end["notes"][0]


def test_a_card_that_lost_its_password_is_told(world: World) -> None:
    world.plan = replace(PLAN, rearm=("eth0=s",))
    world.job.ask("commit", "t1")
    assert world.run()["notes"] == ["eth0 has lost its SecureOn password in its sleep: arm it again"]


def test_a_hibernated_machine_has_its_boot_before_it_is_awake(world: World) -> None:
    world.plan = replace(PLAN, mode="disk")
    world.job.ask("commit", "t1")
    world.asleep = 230.0
    end = world.run()
    assert (end["outcome"], end["woken_by"], end["late"], end["notes"]) == ("slept", "rtc", 172.0, [])


def test_a_hibernated_machine_that_somebody_may_have_switched_on_proves_nothing(world: World) -> None:
    world.plan = replace(PLAN, mode="disk")
    world.job.ask("commit", "t1")
    world.asleep = 260.0
    end = world.run()
    assert (end["outcome"], end["woken_by"], end["late"], world.kept) == ("slept", "unknown", 202.0, [])
    (note,) = end["notes"]
    assert note.startswith(
        "it was on 202 s after its alarm: that was its alarm and a slow start, or somebody's hand"
    )
    assert world.dropped == [], "it may have been its alarm"


def test_a_mistake_of_its_own_is_told_and_disarms(world: World) -> None:
    world.job.ask("commit", "t1")

    def broken(*_args: object, **_more: object) -> t.NoReturn:
        raise ZeroDivisionError("oops")

    end = world.run(enter=broken)
    assert (end["outcome"], world.done[-1]) == ("never_slept", "disarm")
    assert "the process of the sleep failed: ZeroDivisionError: oops" in end["why"]
    assert world.job.state()["phase"] == "done"


def test_a_plan_survives_the_disk(world: World) -> None:
    assert world.job.plan() == PLAN


@pytest.mark.parametrize("text", ["", "{", "[]", '{"token": "t1"}'])
def test_a_plan_that_cannot_be_understood_is_none(world: World, text: str) -> None:
    Path(world.job.folder, "plan.json").write_text(text, encoding="utf-8")
    assert world.job.plan() is None


def test_its_process_is_known_to_live(world: World) -> None:
    assert not world.job.alive()
    with world.job.carried_out():
        assert world.job.alive()
    assert not world.job.alive()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            lambda machine: machine.files.update({f"{RTC}/device/power/wakeup": "disabled\n"}),
            "rtc0 may not wake the machine (power/wakeup is disabled)",
        ),
        (
            lambda machine: said(machine, ["ethtool", "eth0"], out="Supports Wake-on: g\n\tWake-on: d\n"),
            "eth0 would not wake it by a magic packet: not armed",
        ),
    ],
)
def test_a_way_back_that_was_lost_meanwhile(
    world: World, change: t.Callable[[t.Any], object], why: str
) -> None:
    world.plan = replace(PLAN, wake=("rtc", "wol"), card="eth0")
    world.job.ask("commit", "t1")
    world.clock.at[1005.0] = lambda: change(world.machine)
    end = world.run()
    assert (end["outcome"], world.done) == ("refused_no_wake", [])
    assert why in end["why"]


@pytest.mark.parametrize("how", ["cancel", "stop"])
def test_it_is_called_off_until_it_enters(world: World, how: str) -> None:
    """Also while a check of the user runs."""
    stopped: list[bool] = []
    world.job.ask("commit", "t1")
    world.plan = replace(PLAN, busy_check=("true",))
    world.machine.commands.append({"argv": ["sh", "-c", "true"], "rc": 0})
    run = world.machine.run

    def meanwhile(argv: t.Sequence[str], timeout: float = 10.0) -> t.Any:
        if argv[0] == "sh":
            stopped.append(True) if how == "stop" else world.job.ask("cancel", "t1")
        return run(argv, timeout)

    world.machine.run = meanwhile  # type: ignore[method-assign]
    end = world.run(told_to_stop=lambda: bool(stopped))
    assert (end["outcome"], world.done) == ("cancelled", [])
    assert end["why"] == (
        "it was cancelled"
        if how == "cancel"
        else "its process was told to stop, as by systemctl stop or a shutdown"
    )


def test_what_goes_wrong_after_a_sleep_does_not_hide_it(world: World) -> None:
    world.job.ask("commit", "t1")
    world.plan = replace(PLAN, rearm=("eth0=g", "eth1=g"))
    world.machine.commands.append({"argv": ["ethtool", "-s", "eth1", "wol", "g"], "rc": 1, "err": "no\n"})

    def full(_way: store.WayBack) -> t.NoReturn:
        raise OSError(28, "No space left on device")

    def fails(*args: t.Any, **more: t.Any) -> t.NoReturn:
        world.enter(*args, **more)
        raise OSError(5, "Input/output error")

    end = world.run(remember=full, enter=fails)
    assert (end["outcome"], end["asleep"], end["woken_by"]) == ("slept", 60.2, "rtc")
    assert [note.partition(":")[0] for note in end["notes"]] == [
        "eth0 could not be armed for Wake-on-LAN again",
        "eth1 could not be armed for Wake-on-LAN again",
        "that this way back worked could not be remembered",
    ]
