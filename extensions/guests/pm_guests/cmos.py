"""What a PC's real-time clock is armed to do, read from its CMOS registers (MC146818, Intel PIIX4)."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t

SECONDS, MINUTES, HOURS = 0x00, 0x02, 0x04
ALARM_SECONDS, ALARM_MINUTES, ALARM_HOURS = 0x01, 0x03, 0x05
STATUS_B = 0x0B
#: The registers to read; the alarm has no day here, so it lies within 24 h.
REGISTERS = (SECONDS, MINUTES, HOURS, ALARM_SECONDS, ALARM_MINUTES, ALARM_HOURS, STATUS_B)
ALARM_ENABLED, BINARY, HOURS_24 = 0x20, 0x04, 0x02
ANY = 0xC0  # an alarm register with both high bits set matches every value
DAY = 24 * 3600


def seconds_to_alarm(registers: t.Mapping[int, int]) -> int | None:
    """Seconds until the alarm, 1 to 86400; None where it is not armed."""
    status = registers[STATUS_B]
    if not status & ALARM_ENABLED:
        return None
    now = _hours(registers[HOURS], status) * 3600
    now += _number(registers[MINUTES], status) * 60 + _number(registers[SECONDS], status)
    hours, minutes, seconds = (
        registers[register] for register in (ALARM_HOURS, ALARM_MINUTES, ALARM_SECONDS)
    )
    for ahead in range(1, DAY + 1):
        then = (now + ahead) % DAY
        if (
            (hours >= ANY or _hours(hours, status) == then // 3600)
            and (minutes >= ANY or _number(minutes, status) == then // 60 % 60)
            and (seconds >= ANY or _number(seconds, status) == then % 60)
        ):
            return ahead
    return None  # armed for a time that does not exist


def read_answer(answer: str) -> int:
    """The value in the monitor's answer to ``i/b 0x71``, such as ``portb[0x0071] = 0x43``.

    :raises ValueError: it is another answer
    """
    found = re.search(r"=\s*(0x[0-9a-fA-F]+)", answer)
    if found is None:
        raise ValueError(f"not the value of a port: {answer!r}")
    return int(found.group(1), 16)


def _number(value: int, status: int) -> int:
    return value if status & BINARY else (value >> 4) * 10 + (value & 0x0F)


def _hours(value: int, status: int) -> int:
    if status & HOURS_24:
        return _number(value, status)
    return _number(value & 0x7F, status) % 12 + (12 if value & 0x80 else 0)
