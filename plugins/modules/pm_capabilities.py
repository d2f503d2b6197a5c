#!/usr/bin/python

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pm_capabilities
short_description: Tell how a host can sleep and by what it can be woken
version_added: 0.1.0
author:
  - hostpm.power contributors (@hostpm)
description:
  - Tells which ways of sleeping a host has (suspend to idle, to memory, to disk, hybrid), whether its real-time clock
    can wake it, which network cards wake it by a magic packet, and what its processors and its BMC offer.
  - Each thing has one of four states. V(supported). V(none), it was looked for and is not there. V(not_probed), there
    was nothing to ask, or it was not asked for. V(probe_failed), it cannot be told, and RV(ignore:why) says why and
    what to do.
  - A way of sleeping is judged by the backend that would do it, systemd, pm-utils or the kernel's own files in
    C(/sys/power). Where another one disagrees, it is shown. Sleep to disk needs room in the swap and a next boot that
    finds the image, whatever the backend says.
  - Works for any user, and says what that user could not see. Whether a card is armed for Wake-on-LAN, only root may
    ask.
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.facts
attributes:
  check_mode:
    support: full
    details: The alarm of the clock is not tried out, see O(probe_alarm).
  diff_mode:
    support: none
  facts:
    support: full
  platform:
    platforms: linux
    support: full
  idempotent:
    description: Whether a second run changes nothing.
    support: full
    details: Nothing is ever changed.
options:
  backend:
    description:
      - What would put the host to sleep.
      - V(auto) takes the first that is there of V(systemd), V(pm_utils) and V(sysfs), for each way of sleeping.
      - V(systemd) is C(systemctl suspend) and its like, V(pm_utils) C(pm-suspend) and its like, V(sysfs) writes to
        C(/sys/power/state).
    type: str
    default: auto
    choices: [auto, systemd, pm_utils, sysfs]
  interfaces:
    description:
      - The network cards to look at, by the names of their interfaces. By default all that have a device.
      - A bond or a bridge wakes nothing. When one is named, the result tells the cards that it is made of.
    type: list
    elements: str
  probe_alarm:
    description:
      - Find out by trying how far ahead the clock takes alarms. Some take a day at most, some a month or a year.
      - Each trial arms the clock, reads it back and disarms it; nothing stays armed. Where an alarm is pending, nothing
        is tried. Needs root. Never done in check mode, nor in a container, whose clock is its host's.
    type: bool
    default: false
notes:
  - What is told is what the host claims. Only a sleep that was woken again proves the way back.
  - A BIOS or UEFI can keep a card or the clock from waking a host that is off, which no program on the host can see.
seealso:
  - plugin: hostpm.power.power_xml
    plugin_type: filter
  - module: hostpm.power.pm_suspend
  - module: hostpm.power.pm_wake
  - name: System sleep states
    description: What the kernel's words freeze, mem and disk mean.
    link: https://docs.kernel.org/admin-guide/pm/sleep-states.html
"""

EXAMPLES = r"""
# Ad hoc: ansible node1 -b -m hostpm.power.pm_capabilities

- name: Look at the ways to sleep and to wake
  hostpm.power.pm_capabilities:
  become: true

- name: Go on only where the host can sleep to memory and its clock can wake it
  ansible.builtin.assert:
    that:
      - ansible_facts['pm_capabilities'].sleep.mem.state == 'supported'
      - ansible_facts['pm_capabilities'].rtc.ready

- name: Try out how long the host can sleep at most
  hostpm.power.pm_capabilities:
    probe_alarm: true
    interfaces: [eth0]
  become: true
  register: found

- name: Show the element that libvirt has in its capabilities
  ansible.builtin.debug:
    msg: "{{ found | hostpm.power.power_xml }}"
"""

RETURN = r"""
msg:
  description: The summary as one text.
  returned: always
  type: str
  sample: "Sleep: mem, disk by systemd; freeze by sysfs. Wake: rtc0, eth0 52:54:00:12:34:56."
summary:
  description: The host in a few words, V(sleep), V(wake), and V(unseen), the list of what could not be told.
  returned: always
  type: dict
  sample: {sleep: 'mem, disk by systemd; freeze by sysfs', wake: 'rtc0, eth0 52:54:00:12:34:56', unseen: []}
ansible_facts:
  description: The same capabilities as a fact.
  returned: always
  type: dict
  contains:
    pm_capabilities:
      description: See RV(capabilities).
      returned: always
      type: dict
      sample: {}
capabilities:
  description:
    - Everything that was looked at. C(state) is one of the four states. C(why) gives the reason, or what a supported
      thing still lacks; it is empty where there is nothing to say.
  returned: always
  type: dict
  contains:
    sleep:
      description:
        - V(freeze), V(mem), V(disk), V(hybrid), each with C(state), C(backend) that says so, C(why), and C(others), the
          backends that disagree, with their C(state) and C(why).
        - V(freeze) is suspend to idle (s2idle). V(mem) is the deep sleep (S3) alone, also where the kernel's word mem
          means s2idle. V(disk) is hibernation (S4). V(hybrid) writes the image to disk and then sleeps as V(mem).
      returned: always
      type: dict
      sample: {mem: {state: supported, backend: systemd, why: '', others: {}}}
    mem_sleep:
      description: What the kernel's word mem can mean, C(available), and means now, C(current).
      returned: always
      type: dict
      sample: {available: [s2idle, deep], current: deep}
    swap:
      description: Room for the image of a sleep to disk, C(state), C(why), C(free_kib), and C(needed_kib) at least.
      returned: always
      type: dict
      sample: {state: supported, why: '', free_kib: 1048572, needed_kib: 20480}
    resume:
      description: Whether the next boot looks for an image, C(state), C(why), and C(by), who tells it to.
      returned: always
      type: dict
      sample: {state: supported, why: '', by: kernel command line}
    rtc:
      description:
        - The clock that would wake the host, C(name) and C(driver). C(has_alarm), it takes alarms that can wake.
          C(wakeup), V(enabled), V(disabled) or V(absent), whether it may. C(ready), both, and that the kernel took a
          clock for its own alarms, which end a sleep by V(mem) or V(freeze); C(why) not.
        - C(since_epoch), its own time, and C(alarm), one that is pending now or null, both in seconds. C(clock),
          V(utc), V(local) or V(unknown), what that time is.
        - C(longest_alarm) with C(state), C(why), C(seconds), and C(at_least), no longer one was tried.
      returned: always
      type: dict
      sample:
        state: supported
        why: ''
        ready: true
        name: rtc0
        driver: rtc_cmos
        has_alarm: true
        wakeup: enabled
        since_epoch: 1767225600
        alarm: null
        clock: utc
        longest_alarm: {state: not_probed, why: 'not asked for: set probe_alarm', seconds: null, at_least: false}
    wake_on_lan:
      description:
        - Each network card by its interface. C(state) is V(supported) where the card wakes by a magic packet. Where the
          interfaces cannot be listed, one V(*) says why.
        - C(supported) and C(armed) are the letters of ethtool, g being the magic packet and s SecureOn. C(ready), it
          is armed for one of these and may wake the host. C(wakeup), its power/wakeup, and C(chain), those of the
          devices that it hangs on.
        - C(mac), its address now, C(permanent_mac), the one that is burnt in, C(driver), and C(master), the bond or
          bridge that it is a part of.
        - C(persistent), whether it is armed again after a boot, with C(state) V(yes), V(no) or V(unknown), C(by) and
          C(why). NetworkManager, ifupdown and the .link files of systemd are looked at.
      returned: always
      type: dict
      sample:
        eth0:
          state: supported
          why: ''
          supported: pumbg
          armed: g
          ready: true
          mac: 52:54:00:12:34:56
          permanent_mac: 52:54:00:12:34:56
          driver: e1000e
          wakeup: enabled
          chain: [{device: '0000:00:1c.0', wakeup: enabled}]
          master: ''
          persistent: {state: 'yes', by: systemd (/etc/systemd/network/50-eth0.link), why: it sets WakeOnLan=magic}
    cpufreq:
      description:
        - Frequency scaling, C(state), C(why), C(driver), C(governors) in use, those C(available), and the limits
          C(min_khz) and C(max_khz).
      returned: always
      type: dict
      sample:
        state: supported
        why: ''
        driver: intel_pstate
        governors: [powersave]
        available: [performance, powersave]
        min_khz: 800000
        max_khz: 3600000
    cpuidle:
      description: Idle states, C(state), C(why), C(driver), C(governor), and the names of the C(states).
      returned: always
      type: dict
      sample: {state: supported, why: '', driver: intel_idle, governor: menu, states: [POLL, C1, C6]}
    performance_bias:
      description:
        - The hint to the processors between performance and saving, C(state), C(why), C(kind)
          (V(energy_performance_preference) or V(energy_perf_bias)), the C(current) values, and those C(available).
      returned: always
      type: dict
      sample:
        state: supported
        why: ''
        kind: energy_performance_preference
        current: [balance_performance]
        available: [default, performance, balance_performance, balance_power, power]
    bmc_in_band:
      description: Whether the host reaches its own BMC, C(state), C(why), and by which C(device).
      returned: always
      type: dict
      sample: {state: supported, why: '', device: /dev/ipmi0}
    container:
      description: The kind of container that this is, V(none), or V(unknown). A container cannot sleep.
      returned: always
      type: str
      sample: none
    virtualization:
      description: The kind of virtual machine, V(none), or V(unknown).
      returned: always
      type: str
      sample: kvm
    kernel:
      description: The release of the running kernel.
      returned: always
      type: str
      sample: 6.1.0-18-amd64
    boot_id:
      description: Differs after every boot, not after a sleep.
      returned: always
      type: str
      sample: 5f1fa4a6-1f9c-4bd6-8c1c-1f2f7d2f1a0e
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._sleep.capabilities import NOT_ASKED, probe
from ..module_utils._sleep.machine import LocalMachine
from ..module_utils._sleep.states import BACKENDS
from ..module_utils._sleep.summary import sentence, summarize

OPTIONS: t.Final[dict[str, t.Any]] = {
    "backend": {"type": "str", "default": "auto", "choices": ["auto", *BACKENDS]},
    "interfaces": {"type": "list", "elements": "str"},
    "probe_alarm": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    not_tried = NOT_ASKED
    if module.params["probe_alarm"]:
        not_tried = "not tried in check mode" if module.check_mode else ""
    found = probe(
        LocalMachine(),
        backend=module.params["backend"],
        interfaces=module.params["interfaces"],
        alarm_not_tried=not_tried,
    )
    summary = summarize(found)
    module.exit_json(
        changed=False,
        msg=sentence(summary),
        summary=summary,
        capabilities=found,
        ansible_facts={"pm_capabilities": found},
    )


if __name__ == "__main__":
    main()
