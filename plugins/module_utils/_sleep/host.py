"""What kind of machine this is: container, virtual machine, its kernel and boot, a BMC that it can talk to."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .answer import NONE, PROBE_FAILED, SUPPORTED, ProbeFailed, listed, read_or, run
from .machine import Machine

#: Left by container managers for those inside.
_SIGNS: t.Final = {"/.dockerenv": "docker", "/run/.containerenv": "podman"}

_DEVICES: t.Final = ("/dev/ipmi0", "/dev/ipmi/0", "/dev/ipmidev/0")


def container_kind(machine: Machine) -> str:
    """The kind of container that this is: none, unknown, or docker, lxc, ... (systemd-detect-virt(1))."""
    told = _detect_virt(machine, "--container")
    if told != "unknown":
        return told
    for sign, kind in _SIGNS.items():
        if machine.exists(sign):
            return kind
    # Written by systemd and by those who start it as the init of a container.
    return _kernel_word(machine, "/run/systemd/container") or "unknown"


def virtualization(machine: Machine) -> str:
    """The kind of virtual machine: none, unknown, or kvm, vmware, ... (systemd-detect-virt(1))."""
    return _detect_virt(machine, "--vm")


def kernel_release(machine: Machine) -> str:
    return _kernel_word(machine, "/proc/sys/kernel/osrelease")


def boot_id(machine: Machine) -> str:
    """Another one after each boot, the same after a sleep."""
    return _kernel_word(machine, "/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Bmc:
    """``device`` is the file by which the kernel reaches it."""

    state: str
    why: str = ""
    device: str = ""


def bmc_in_band(machine: Machine) -> Bmc:
    """Whether the machine can talk to its own BMC through the kernel's IPMI driver."""
    for device in _DEVICES:
        if machine.exists(device):
            return Bmc(SUPPORTED, device=device)
    try:
        platform = listed(machine, "/sys/bus/platform/devices")
    except ProbeFailed as exc:
        return Bmc(PROBE_FAILED, str(exc))
    # What ACPI (IPI0001) and type 38 of SMBIOS tell of: the kernel makes a device of it before any driver is there.
    told = [name for name in platform if name.startswith("IPI0001") or "ipmi" in name.lower()]
    if told or machine.exists("/sys/firmware/dmi/entries/38-0"):
        return Bmc(
            PROBE_FAILED,
            "the firmware tells of a BMC, but no driver is loaded: modprobe -a ipmi_si ipmi_devintf",
        )
    return Bmc(NONE, "there is no /dev/ipmi0, and the firmware tells of no BMC")


def _detect_virt(machine: Machine, kind: str) -> str:
    try:
        ran = run(machine, "systemd-detect-virt", kind)
    except (FileNotFoundError, ProbeFailed):
        return "unknown"
    word = ran.out.strip()  # it ends with 1 when there is none
    return word if re.fullmatch(r"[a-z0-9-]{1,30}", word) else "unknown"


def _kernel_word(machine: Machine, path: str) -> str:
    try:
        text = read_or(machine, path)
    except ProbeFailed:
        return ""
    return text if re.fullmatch(r"\S{1,100}", text) else ""
