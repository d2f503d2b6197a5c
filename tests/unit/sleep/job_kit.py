"""A server that may sleep, written by hand, for the tests of the job."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import typing as t

from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import RecordedMachine

LOGIND = [
    "busctl",
    "call",
    "org.freedesktop.login1",
    "/org/freedesktop/login1",
    "org.freedesktop.login1.Manager",
]
INHIBITORS = [*LOGIND, "ListInhibitors"]
RTC = "/sys/class/rtc/rtc0"
#: Written by hand: a server with systemd, S3 and S4, an RTC and one card that is armed.
SERVER: dict[str, t.Any] = {
    "uid": 0,
    "files": {
        "/proc/sys/kernel/random/boot_id": "b1\n",
        "/proc/sys/kernel/osrelease": "6.1.0-1\n",
        "/etc/machine-id": "m1\n",
        "/sys/power/state": "freeze mem disk\n",
        "/sys/power/mem_sleep": "s2idle [deep]\n",
        "/sys/power/disk": "[platform] shutdown reboot suspend test_resume\n",
        "/proc/swaps": "Filename Type Size Used Priority\n/dev/vdb partition 2000000 0 -2\n",
        "/proc/meminfo": "MemTotal: 500000 kB\nActive(anon): 1000 kB\n",
        "/proc/cmdline": "root=LABEL=root resume=LABEL=swap\n",
        f"{RTC}/name": "rtc_cmos\n",
        f"{RTC}/since_epoch": "1700000000\n",
        f"{RTC}/wakealarm": "",
        f"{RTC}/hctosys": "1\n",
        f"{RTC}/device/power/wakeup": "enabled\n",
        "/etc/adjtime": "0.0 0 0.0\n0\nUTC\n",
        "/sys/class/net/eth0/address": "52:54:00:00:00:01\n",
        "/sys/class/net/eth0/device/power/wakeup": "enabled\n",
        "/proc/1/comm": "systemd\n",
    },
    "links": {
        "/sys/class/net/eth0/device": "../../../0000:00:03.0",
        "/sys/class/net/eth0/device/driver": "../e100",
    },
    "folders": {"/proc": ["1", "self"], "/sys/class/rtc": ["rtc0"], "/sys/class/net": ["eth0", "lo"]},
    "exists": {"/run/systemd/system": True, "/run/systemd/seats": True, "/sys/power": True},
    "commands": [
        {"argv": ["systemd-detect-virt", "--container"], "rc": 1, "out": "none\n"},
        *(
            {"argv": [*LOGIND, can], "out": 's "yes"\n'}
            for can in ("CanSuspend", "CanHibernate", "CanHybridSleep")
        ),
        {
            "argv": INHIBITORS,
            "out": 'a(ssssuu) 1 "sleep" "NetworkManager" "it needs \\"a moment\\"" "delay" 0 7\n',
        },
        {"argv": ["ethtool", "eth0"], "out": "Supports Wake-on: pumbg\n\tWake-on: g\n"},
        {"argv": ["ethtool", "-P", "eth0"], "out": "Permanent address: 52:54:00:00:00:01\n"},
    ],
}


def server(**files: t.Any) -> RecordedMachine:
    return RecordedMachine(copy.deepcopy(SERVER))


def said(machine: RecordedMachine, argv: list[str], **more: t.Any) -> None:
    """Let a program say something else."""
    machine.commands[:] = [one for one in machine.commands if one["argv"] != argv]
    machine.commands.append({"argv": argv, **more})
