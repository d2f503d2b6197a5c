"""The alarm of a guest's clock, read from its CMOS registers."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pm_guests import cmos

#: Read from a guest that slept: 17:04:48, alarm at 17:05:00.
SLEEPING = {0x00: 0x48, 0x02: 0x04, 0x04: 0x17, 0x01: 0x00, 0x03: 0x05, 0x05: 0x17, 0x0B: 0x22}


def bcd(value: int) -> int:
    return value // 10 * 16 + value % 10


def registers(now: int, then: int, *, binary: bool = False, twelve: bool = False) -> dict[int, int]:
    """The registers of a clock that says ``now`` and is armed for ``then`` (seconds of the day)."""

    def number(value: int) -> int:
        return value if binary else bcd(value)

    def hours(value: int) -> int:
        if not twelve:
            return number(value)
        return number(value % 12 or 12) | (0x80 if value >= 12 else 0)

    status = cmos.ALARM_ENABLED | (cmos.BINARY if binary else 0) | (0 if twelve else cmos.HOURS_24)
    return {
        cmos.SECONDS: number(now % 60),
        cmos.MINUTES: number(now // 60 % 60),
        cmos.HOURS: hours(now // 3600),
        cmos.ALARM_SECONDS: number(then % 60),
        cmos.ALARM_MINUTES: number(then // 60 % 60),
        cmos.ALARM_HOURS: hours(then // 3600),
        cmos.STATUS_B: status,
    }


def test_what_was_read_from_a_guest() -> None:
    assert cmos.seconds_to_alarm(SLEEPING) == 12


def test_an_alarm_that_is_not_enabled_is_none() -> None:
    assert cmos.seconds_to_alarm({**SLEEPING, 0x0B: 0x02}) is None


@pytest.mark.parametrize(
    ("now", "then", "seconds"),
    [
        (0, 1, 1),
        (23 * 3600 + 3599, 0, 1),
        (12 * 3600, 12 * 3600 - 1, cmos.DAY - 1),
        (3600, 3600, cmos.DAY),
    ],
)
@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("twelve", [False, True])
def test_the_alarm_lies_within_a_day(now: int, then: int, seconds: int, binary: bool, twelve: bool) -> None:
    assert cmos.seconds_to_alarm(registers(now, then, binary=binary, twelve=twelve)) == seconds


@given(st.integers(0, cmos.DAY - 1), st.integers(1, 4000), st.booleans(), st.booleans())
def test_every_time_is_found_again(now: int, ahead: int, binary: bool, twelve: bool) -> None:
    armed = registers(now, (now + ahead) % cmos.DAY, binary=binary, twelve=twelve)
    assert cmos.seconds_to_alarm(armed) == ahead


@pytest.mark.parametrize(
    ("registers_any", "seconds"),
    [
        ((cmos.ALARM_HOURS,), 12),
        ((cmos.ALARM_HOURS, cmos.ALARM_MINUTES), 12),
        ((cmos.ALARM_HOURS, cmos.ALARM_MINUTES, cmos.ALARM_SECONDS), 1),
    ],
)
def test_a_register_may_match_every_value(registers_any: tuple[int, ...], seconds: int) -> None:
    assert cmos.seconds_to_alarm({**SLEEPING, **dict.fromkeys(registers_any, 0xFF)}) == seconds


def test_a_time_that_does_not_exist_never_comes() -> None:
    assert cmos.seconds_to_alarm({**SLEEPING, cmos.ALARM_MINUTES: 0x75}) is None


def test_the_answer_of_the_monitor() -> None:
    assert cmos.read_answer("portb[0x0071] = 0x43\r\n") == 0x43
    with pytest.raises(ValueError, match="unknown command"):
        cmos.read_answer("unknown command: 'i/b'")
