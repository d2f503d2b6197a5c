"""Clocks: which one is taken, what is told of it, and an alarm that is set, read back and never someone else's."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import signal
import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._sleep import rtc
from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import Machine, RecordedMachine
from sleep_kit import RTC, ClockMachine, command, machine

DAY = 86_400


def clock_files(name: str, **files: str | None) -> dict[str, str | None]:
    """The files of one clock; None leaves one out."""
    folder = f"/sys/class/rtc/{name}"
    given: dict[str, str | None] = {
        "name": "rtc_cmos\n",
        "since_epoch": "1767225600\n",
        "hctosys": "0\n",
        **files,
    }
    return {f"{folder}/{file.replace('__', '/')}": text for file, text in given.items()}


def with_alarm(name: str, **files: str | None) -> dict[str, str | None]:
    return clock_files(name, **{"wakealarm": "", "device__power__wakeup": "enabled\n", **files})


def found(one: Machine, device: str | None = None) -> rtc.Rtc:
    clock = rtc.find_rtc(one, device)
    assert isinstance(clock, rtc.Rtc), clock
    return clock


def not_found(one: Machine, device: str | None = None) -> rtc.NoRtc:
    clock = rtc.find_rtc(one, device)
    assert isinstance(clock, rtc.NoRtc), clock
    return clock


def test_what_is_told_of_a_clock() -> None:
    one = machine(files=with_alarm("rtc0", wakealarm="1767225700\n"))
    assert found(one) == rtc.Rtc(
        name="rtc0",
        driver="rtc_cmos",
        has_alarm=True,
        wakeup="enabled",
        since_epoch=1767225600,
        alarm=1767225700,
        clock="unknown",
    )


@pytest.mark.parametrize(
    ("clocks", "taken"),
    [
        ({**with_alarm("rtc1"), **with_alarm("rtc0")}, "rtc0"),
        ({**with_alarm("rtc0"), **with_alarm("rtc1", hctosys="1\n")}, "rtc1"),
        ({**clock_files("rtc0", hctosys="1\n"), **with_alarm("rtc1")}, "rtc1"),
        ({**clock_files("rtc0"), **clock_files("rtc1", hctosys="1\n")}, "rtc1"),
        ({**with_alarm("rtc0", since_epoch="garbage"), **with_alarm("rtc1")}, "rtc1"),
        ({**with_alarm("rtc0"), **with_alarm("rtc1", hctosys="garbage\0")}, "rtc0"),
    ],
    ids=[
        "first",
        "set the time",
        "has an alarm",
        "set the time, no alarms",
        "can be read",
        "hctosys is garbage",
    ],
)
def test_which_clock_is_taken(clocks: dict[str, str | None], taken: str) -> None:
    assert found(machine(files=clocks)).name == taken


@pytest.mark.parametrize("device", ["rtc1", "/dev/rtc1"])
def test_a_named_clock_is_taken(device: str) -> None:
    assert found(machine(files={**with_alarm("rtc0"), **clock_files("rtc1")}), device).name == "rtc1"


@pytest.mark.parametrize(
    ("one", "device", "state", "why"),
    [
        (machine(), None, "none", "the kernel knows no real-time clock: /sys/class/rtc is missing or empty"),
        (machine(folders={"/sys/class/rtc": []}), None, "none", "the kernel knows no real-time clock"),
        (machine(), "rtc1", "none", "there is no clock rtc1 in /sys/class/rtc (known: none)"),
        (machine(files=with_alarm("rtc0")), "rtc1", "none", "(known: rtc0)"),
        (
            machine(folders={"/sys/class/rtc": {"error": "EACCES"}}, uid=1000),
            None,
            "probe_failed",
            "cannot list /sys/class/rtc: needs root: run with become",
        ),
        (
            machine(folders={"/sys/class/rtc": {"error": "EACCES"}}),
            None,
            "probe_failed",
            "cannot list /sys/class/rtc: Permission denied",
        ),
        (
            machine(files=with_alarm("rtc0", since_epoch=t.cast(t.Any, {"error": "EINVAL"}))),
            None,
            "probe_failed",
            "rtc0: cannot read /sys/class/rtc/rtc0/since_epoch: Invalid argument. If the clock was never set, set it: ",
        ),
        (
            machine(files=with_alarm("rtc0", wakealarm="soon")),
            None,
            "probe_failed",
            "rtc0: /sys/class/rtc/rtc0/wakealarm holds no number: 'soon'",
        ),
        (
            machine(files=with_alarm("rtc0", device__power__wakeup="perhaps")),
            None,
            "probe_failed",
            "holds neither enabled nor disabled: 'perhaps'",
        ),
    ],
)
def test_no_clock_and_why(one: RecordedMachine, device: str | None, state: str, why: str) -> None:
    reason = not_found(one, device)
    assert reason.state == state
    assert why in reason
    assert isinstance(reason, str)


@pytest.mark.parametrize(
    ("text", "word"), [("enabled\n", "enabled"), ("disabled\n", "disabled"), (None, "absent")]
)
def test_whether_it_may_wake(text: str | None, word: str) -> None:
    assert found(machine(files=with_alarm("rtc0", device__power__wakeup=text))).wakeup == word


@pytest.mark.parametrize(
    ("adjtime", "timedatectl", "clock"),
    [
        ("0.0 0 0.0\n0\nUTC\n", None, "utc"),
        ("0.0 0 0.0\n0\nLOCAL\n", None, "local"),
        ("0.0 0 0.0\n0\nLOCAL\n", "no\n", "local"),
        (None, "yes\n", "local"),
        (None, "no\n", "utc"),
        ("0.0 0 0.0\n", "no\n", "utc"),
        ("garbage\0", "no\n", "utc"),
        (None, "garbage", "unknown"),
        (None, None, "unknown"),
    ],
)
def test_utc_or_local_time(adjtime: str | None, timedatectl: str | None, clock: str) -> None:
    asked = (
        [command("timedatectl", "show", "-p", "LocalRTC", "--value", out=timedatectl)] if timedatectl else []
    )
    one = machine(files={**with_alarm("rtc0"), "/etc/adjtime": adjtime}, commands=asked)
    assert found(one).clock == clock


def test_a_timedatectl_that_fails_tells_nothing() -> None:
    failed = command("timedatectl", "show", "-p", "LocalRTC", "--value", out="no\n", rc=1)
    assert found(machine(files=with_alarm("rtc0"), commands=[failed])).clock == "unknown"


def test_an_alarm_is_relative_to_the_clocks_own_time() -> None:
    one = ClockMachine()
    clock = found(one)
    assert rtc.arm(one, clock, 90) == one.now + 90
    assert rtc.pending(one, clock) == one.now + 90
    assert one.written == [(f"{RTC}/wakealarm", "+90")]


def test_time_that_passes_while_arming_is_allowed_for() -> None:
    one = ClockMachine(pace=2)
    before = one.now
    assert before + 90 <= rtc.arm(one, found(one), 90) <= one.now + 90


def test_a_foreign_alarm_is_left_alone() -> None:
    one = ClockMachine()
    one.alarm = one.now + 500
    clock = found(one)
    with pytest.raises(rtc.AlarmTaken) as caught:
        rtc.arm(one, clock, 90)
    assert caught.value.alarm == one.alarm == one.now + 500
    assert str(one.alarm) in str(caught.value)
    assert "it is left alone" in str(caught.value)
    assert one.written == []
    with pytest.raises(rtc.AlarmTaken):
        rtc.longest_alarm(one, clock)
    assert one.written == []


def test_an_alarm_that_comes_between_is_left_alone_too() -> None:
    one = ClockMachine()
    clock = found(one)
    one.write_error = errno.EBUSY
    with pytest.raises(rtc.AlarmTaken, match="another alarm is pending; it is left alone"):
        rtc.arm(one, clock, 90)
    assert len(one.written) == 1


def test_only_our_own_alarm_is_removed() -> None:
    one = ClockMachine()
    clock = found(one)
    ours = rtc.arm(one, clock, 90)
    assert not rtc.disarm(one, clock, ours + 1)
    assert one.alarm == ours
    assert rtc.disarm(one, clock, ours)
    assert one.alarm is None
    assert not rtc.disarm(one, clock, ours)


def test_an_alarm_that_has_rung_is_not_removed_again() -> None:
    one = ClockMachine()
    clock = found(one)
    ours = rtc.arm(one, clock, 90)
    one.now += 91
    assert not rtc.disarm(one, clock, ours)


def test_a_clock_without_an_alarm() -> None:
    one = machine(files=clock_files("rtc0"))
    with pytest.raises(rtc.RtcError, match="rtc0: it has no alarm that can wake the machine"):
        rtc.arm(one, found(one), 90)


def test_an_alarm_too_far_ahead() -> None:
    one = ClockMachine(limit=DAY)
    with pytest.raises(rtc.TooFar, match=r"rtc0: takes no alarm in 86401 s .*Ask for less"):
        rtc.arm(one, found(one), DAY + 1)
    assert one.alarm is None


def test_an_alarm_that_was_kept_wrongly_is_removed() -> None:
    one = ClockMachine(limit=DAY, wraps=True)
    with pytest.raises(rtc.TooFar, match="took an alarm in 86500 s, but tells of one in 100 s"):
        rtc.arm(one, found(one), DAY + 100)
    assert one.alarm is None
    assert one.written[-1] == (f"{RTC}/wakealarm", "0")


def test_an_alarm_that_was_not_kept_is_removed() -> None:
    one = ClockMachine()
    clock = found(one)
    one.lost = True
    with pytest.raises(rtc.RtcError, match="tells of none"):
        rtc.arm(one, clock, 90)
    assert one.alarm is None


def test_an_alarm_that_is_due_at_once() -> None:
    one = ClockMachine(pace=5)
    with pytest.raises(rtc.RtcError, match=r"was due before it was read back\. Ask for more"):
        rtc.arm(one, found(one), 1)


@pytest.mark.parametrize(
    ("uid", "why"), [(1000, "needs root: run with become"), (0, "cannot set its alarm: Permission denied")]
)
def test_who_may_not_set_it(uid: int, why: str) -> None:
    one = ClockMachine(uid=uid)
    clock = found(one)
    one.write_error = errno.EACCES
    with pytest.raises(rtc.RtcError, match=why) as caught:
        rtc.arm(one, clock, 90)
    assert isinstance(caught.value, OSError)
    assert caught.value.strerror == str(caught.value)


def test_an_alarm_that_cannot_be_removed_is_named() -> None:
    one = ClockMachine()
    clock = found(one)
    ours = rtc.arm(one, clock, 90)
    one.write_error = errno.EIO
    with pytest.raises(rtc.RtcError, match=f"Remove it: echo 0 > {RTC}/wakealarm"):
        rtc.disarm(one, clock, ours)


def test_a_clock_that_cannot_be_read_any_more() -> None:
    one = machine(files=with_alarm("rtc0"))
    clock = found(one)
    one.files[f"{RTC}/since_epoch"] = {"error": "EIO"}
    with pytest.raises(rtc.RtcError, match="since_epoch: Input/output error"):
        rtc.arm(one, clock, 90)
    one.files[f"{RTC}/wakealarm"] = {"error": "EIO"}
    with pytest.raises(rtc.RtcError, match="wakealarm: Input/output error"):
        rtc.pending(one, clock)


@pytest.mark.parametrize("wraps", [False, True])
@pytest.mark.parametrize("limit", [61, 3600, DAY - 1, 31 * DAY, 365 * DAY])
def test_the_longest_alarm_is_found_to_within_a_minute(limit: int, wraps: bool) -> None:
    one = ClockMachine(limit=limit, wraps=wraps)
    longest = rtc.longest_alarm(one, found(one))
    assert not longest.at_least
    assert limit - 60 <= longest.seconds <= limit
    assert one.alarm is None


def test_a_clock_that_takes_every_alarm() -> None:
    one = ClockMachine(limit=10_000 * DAY)
    assert rtc.longest_alarm(one, found(one)) == rtc.Longest(rtc.FARTHEST, at_least=True)
    assert one.alarm is None


def test_a_clock_that_takes_no_alarm() -> None:
    one = ClockMachine(limit=0)
    with pytest.raises(rtc.TooFar, match="rtc0: takes no alarm at all, not even one in 60 s"):
        rtc.longest_alarm(one, found(one))
    assert one.alarm is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_in_the_middle_of_a_trial_comes_when_nothing_is_armed(number: signal.Signals) -> None:
    one = ClockMachine()
    clock = found(one)
    real_write = one.write

    def ended(_number: int, _frame: t.Any) -> None:
        assert one.alarm is None
        raise SystemExit(1)

    def signalled(path: str, text: str) -> None:
        real_write(path, text)
        signal.raise_signal(number)  # to this thread, as modules have no other

    one.write = signalled  # type: ignore[method-assign]
    before = signal.signal(number, ended)
    try:
        with pytest.raises(SystemExit):
            rtc.longest_alarm(one, clock)
    finally:
        signal.signal(number, before)
    assert len(one.written) == 2  # the first trial, and its end
    assert one.alarm is None


def test_arming_that_is_ended_leaves_nothing_armed() -> None:
    one = ClockMachine()
    clock = found(one)
    real_read = one.read

    def ended(path: str) -> str:
        if one.alarm is not None:
            raise SystemExit(143)
        return real_read(path)

    one.read = ended  # type: ignore[method-assign]
    with pytest.raises(SystemExit):
        rtc.arm(one, clock, 90)
    assert one.alarm is None
