"""The processors' own power management: frequencies, idle states, and the bias between performance and saving."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .answer import NONE, PROBE_FAILED, SUPPORTED, ProbeFailed, listed, read_or, shown, whole, words
from .machine import Machine

_CPU: t.Final = "/sys/devices/system/cpu"
_CHOICES: t.Final = "energy_performance_available_preferences"


@dataclass(frozen=True)
class CpuFreq:
    """``governors`` are those in use, one entry for each that differs; the limits are those of the hardware (kHz)."""

    state: str
    why: str = ""
    driver: str = ""
    governors: t.Sequence[str] = ()
    available: t.Sequence[str] = ()
    min_khz: int | None = None
    max_khz: int | None = None


@dataclass(frozen=True)
class CpuIdle:
    """``states`` are the names of the idle states of the first processor, shallow to deep."""

    state: str
    why: str = ""
    driver: str = ""
    governor: str = ""
    states: t.Sequence[str] = ()


@dataclass(frozen=True)
class Bias:
    """``kind`` is energy_performance_preference (words) or energy_perf_bias (0 performance to 15 saving)."""

    state: str
    why: str = ""
    kind: str = ""
    current: t.Sequence[str] = ()
    available: t.Sequence[str] = ()


def cpufreq(machine: Machine) -> CpuFreq:
    try:
        folders = _policies(machine)
        if not folders:
            return CpuFreq(NONE, "no driver scales the frequency of the processors here")
        limits = [
            _number(machine, f"{folder}/cpuinfo_{end}_freq") for end in ("min", "max") for folder in folders
        ]
        lowest, highest = limits[: len(folders)], limits[len(folders) :]
        return CpuFreq(
            SUPPORTED,
            driver=", ".join(_distinct(machine, folders, "scaling_driver")),
            governors=_distinct(machine, folders, "scaling_governor"),
            available=_distinct(machine, folders, "scaling_available_governors"),
            min_khz=min((one for one in lowest if one is not None), default=None),
            max_khz=max((one for one in highest if one is not None), default=None),
        )
    except ProbeFailed as exc:
        return CpuFreq(PROBE_FAILED, str(exc))


def cpuidle(machine: Machine) -> CpuIdle:
    folder = f"{_CPU}/cpuidle"
    try:
        driver = _word(machine, f"{folder}/current_driver")
        if driver in ("", "none"):
            return CpuIdle(NONE, "no driver puts idle processors into deeper states here")
        governor = _word(machine, f"{folder}/current_governor") or _word(
            machine, f"{folder}/current_governor_ro"
        )
        found = [
            name for name in listed(machine, f"{_CPU}/cpu0/cpuidle") if re.fullmatch("state[0-9]+", name)
        ]
        ordered = sorted(found, key=lambda name: int(name[len("state") :]))
        names = [_word(machine, f"{_CPU}/cpu0/cpuidle/{name}/name") for name in ordered]
        return CpuIdle(SUPPORTED, "", driver, governor, names)
    except ProbeFailed as exc:
        return CpuIdle(PROBE_FAILED, str(exc))


def performance_bias(machine: Machine) -> Bias:
    try:
        for kind, folders in (
            ("energy_performance_preference", _policies(machine)),
            ("energy_perf_bias", [f"{folder}/power" for folder in _processors(machine)]),
        ):
            current = _distinct(machine, folders, kind)
            if current:
                return Bias(SUPPORTED, "", kind, current, _distinct(machine, folders, _CHOICES))
    except ProbeFailed as exc:
        return Bias(PROBE_FAILED, str(exc))
    return Bias(NONE, "the processors take no hint between performance and saving here")


def _processors(machine: Machine) -> list[str]:
    names = [name for name in listed(machine, _CPU) if re.fullmatch("cpu[0-9]+", name)]
    return [f"{_CPU}/{name}" for name in names]


def _policies(machine: Machine) -> list[str]:
    """A policy is a group of processors that scale together; before Linux 4.3 each has a folder of its own."""
    names = [name for name in listed(machine, f"{_CPU}/cpufreq") if re.fullmatch("policy[0-9]+", name)]
    if names:
        return [f"{_CPU}/cpufreq/{name}" for name in names]
    folders = [f"{folder}/cpufreq" for folder in _processors(machine)]
    return [folder for folder in folders if machine.exists(f"{folder}/scaling_driver")]


def _distinct(machine: Machine, folders: t.Iterable[str], name: str) -> list[str]:
    """All words of this file in any of the folders, sorted."""
    found = {
        word for folder in folders for word in words(read_or(machine, f"{folder}/{name}"), f"{folder}/{name}")
    }
    return sorted(found)


def _number(machine: Machine, path: str) -> int | None:
    text = read_or(machine, path)
    return whole(text, path) if text else None


def _word(machine: Machine, path: str) -> str:
    """One short text; names of idle states have spaces in them on some machines."""
    text = read_or(machine, path)
    if len(text) > 40:
        raise ProbeFailed(f"{path} holds no name: {shown(text)}")
    return text
