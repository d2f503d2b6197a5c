#!/usr/bin/python

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pm_suspend
short_description: Put a host to sleep when it can be woken again, and prove that it slept
version_added: 0.1.0
author:
  - hostpm.power contributors (@hostpm)
description:
  - Suspends a host (to memory, to disk, to both, or to idle) with a way back that was armed, checked and, unless
    O(wake_proof=armed), seen to work on this host and kernel before.
  - It is done in two steps. The host checks everything and prepares the sleep; the controller then commits it. Without
    a commit within O(delay), or 30 s where that is longer, as when the controller dies, the host stays awake.
  - At its moment the host checks once more, arms its alarm, and sleeps. Its own alarm is disarmed on every way out, and
    an alarm of somebody else is never touched.
  - With O(wait=true) the task follows the host through its sleep and back, and reports what the host's own clocks
    prove. That the host could not be reached is never taken for sleep.
  - This module has a corresponding action plugin.
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.conn
  - ansible.builtin.action_common_attributes.facts
  - ansible.builtin.action_common_attributes.flow
attributes:
  action:
    support: full
  async:
    support: none
  become:
    support: full
    details: Root is needed on the host.
  bypass_host_loop:
    support: none
  check_mode:
    support: full
    details: Everything is checked but for the alarm's trial; nothing is armed or planned.
  connection:
    support: full
  delegation:
    support: none
    details: It puts the host of the play to sleep. To put another one to sleep, name it in C(hosts).
  diff_mode:
    support: none
  facts:
    support: none
  platform:
    platforms: linux
    support: full
  idempotent:
    description: Whether a second run changes nothing.
    support: none
    details: Each run is a sleep of its own.
options:
  action:
    description:
      - V(suspend) prepares and commits a sleep.
      - V(status) says whether one is planned or under way, or how the last one of this boot ended.
      - V(cancel) calls off one that is planned.
      - V(confirm) tells the host that a magic packet ended its last sleep, so that this way back counts as exercised
        from now on. Many hosts cannot tell themselves what woke them. Give it only when the packet was sent while the
        host slept, and nothing else. It is refused for a sleep that the host's own clock ended or may have ended, or
        for which no card was armed.
    type: str
    default: suspend
    choices: [suspend, status, cancel, confirm]
  mode:
    description:
      - V(mem) is the deep sleep in which only the memory has power (S3), V(disk) hibernation (S4), V(hybrid) both at
        once, V(freeze) suspend to idle (S0).
    type: str
    default: mem
    choices: [mem, disk, hybrid, freeze]
  duration:
    description:
      - Seconds from falling asleep until the RTC's alarm wakes the host.
    type: float
  delay:
    description:
      - Seconds between the commit and the sleep, at least 5. The task's result is sent in this time.
    type: float
    default: 10.0
  wake:
    description:
      - The ways back that must be there. V(rtc) needs a O(duration), V(wol) an O(interface) that is armed for
        Wake-on-LAN.
      - Without it, V(rtc) where a O(duration) is given, else V(wol).
    type: list
    elements: str
    choices: [rtc, wol]
  interface:
    description:
      - The card that is to hear the magic packet.
    type: str
  wait:
    description:
      - Follow the host through its sleep and back. The task holds one of the play's forks for as long.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds after which the host should be back. Without it, the delay, the duration and 180 s. Needed with
        O(wait=true) where there is no O(duration).
      - More than the delay and the duration, unless a magic packet is to wake it before its alarm.
    type: float
  busy_check:
    description:
      - Shell commands that run on the host, at the preparation and again right before the sleep. Exit code 0 lets the
        host sleep, 1 means that it is busy; any other, and a command that cannot be run, counts as busy too.
    type: list
    elements: str
    default: []
  wake_proof:
    description:
      - V(exercised) refuses a host on which no way back from this O(mode) ever worked with its present kernel.
      - V(armed) accepts one that is only armed. That is for rehearsals, with somebody near the host.
    type: str
    default: exercised
    choices: [exercised, armed]
  backend:
    description:
      - What carries it out. V(auto) takes the first that the host has, in the order of the choices.
    type: str
    default: auto
    choices: [auto, systemd, pm_utils, sysfs]
  allow:
    description:
      - What is refused otherwise, V(cluster) a host that runs cluster software, V(container) a container,
        V(controller) the machine that runs the play, V(guests) a host with running virtual machines,
        V(inhibitors) a host on which somebody inhibits sleep, V(swap) a sleep to disk for which there seems to be no
        room in the swap, or no boot that would find the image.
    type: list
    elements: str
    default: []
    choices: [cluster, container, controller, guests, inhibitors, swap]
  host:
    description:
      - The name of the host in messages. The action plugin sets it to the inventory name.
    type: str
  controller_boot_id:
    description:
      - Tells the host whether it is the machine that runs the play. The action plugin sets it.
    type: str
  step:
    description:
      - The step that is carried out on the host. The action plugin sets it.
    type: str
    default: prepare
    choices: [prepare, commit, look, cancel, confirm]
  token:
    description:
      - Which prepared sleep is meant. The action plugin sets it.
    type: str
notes:
  - The host remembers in C(/var/lib/hostpm.power/ways_back.json) which ways back have worked. An alarm that did not
    wake it, also where the host had to be booted instead, is forgotten there and has to be rehearsed again. A packet
    counts only for a card that is armed for nothing else.
  - How it was woken is what the host itself can tell. A packet that its firmware handles is often V(unknown).
  - A host that wakes when its alarm is due counts as woken by it, unless its kernel names something else, as a button
    or a card. Then that is told with a warning, and proves no way back. After V(disk) a kernel names nothing, so
    that an alarm counts when it was due within 180 s before.
seealso:
  - module: hostpm.power.pm_capabilities
  - module: hostpm.power.pm_wake
"""

EXAMPLES = r"""
- name: Sleep for an hour, and say how it went
  hostpm.power.pm_suspend:
    mode: mem
    duration: 3600

- name: Hibernate over night, unless backups run, and do not wait for the morning
  hostpm.power.pm_suspend:
    mode: disk
    duration: 28800
    busy_check:
      - '! pgrep -x rsync'
    wait: false

- name: Rehearse the way back with somebody near the host
  hostpm.power.pm_suspend:
    duration: 30
    wake_proof: armed

- name: Sleep until a magic packet comes
  hostpm.power.pm_suspend:
    wake: [wol]
    interface: eth0
    wait: false

- name: Let a neighbour wake it from the sleep before, and have the host remember that this worked
  hostpm.power.pm_wake:
    mac: "52:54:00:12:34:56"
    rungs: [magic]
  delegate_to: node2
  register: woken

- name: Remember it
  hostpm.power.pm_suspend:
    action: confirm
  when: woken.outcome == 'woken'

- name: Call off a sleep that is planned
  hostpm.power.pm_suspend:
    action: cancel
"""

RETURN = r"""
outcome:
  description:
    - V(slept), V(scheduled) (committed, with O(wait=false)), V(pending), V(none_pending), V(cancelled), V(confirmed)
      and V(planned) (check mode) are successes. V(woke_early) and V(refused_busy) are successes with a warning.
    - V(aborted_at_entry) (an event came while it was falling asleep), V(never_slept), V(rebooted_instead), V(not_back),
      V(refused_no_wake), V(refused) and V(indeterminate) (it did not answer to the commit, with O(wait=false), or the
      process of its sleep was ended on the way) are failures.
    - With O(action=suspend) V(cancelled), V(none_pending) and V(pending) are failures too, as the host was asked to
      sleep and did not.
  returned: always
  type: str
  sample: slept
msg:
  description: The same as a sentence, with the reasons and what to do.
  returned: always
  type: str
  sample: node1 slept 60.2 s (mem), woken by its RTC.
action:
  description: What was asked for.
  returned: always
  type: str
mode:
  description: The way to sleep.
  returned: always
  type: str
backend:
  description: What carries it out, empty when that is not known yet.
  returned: always
  type: str
  sample: systemd
asleep:
  description: Seconds asleep by the host's own clocks; null when it did not sleep.
  returned: always
  type: float
  sample: 60.2
entry:
  description:
    - Seconds from the request to the sleep, null when not known. For V(disk) and V(hybrid) the writing of the image
      counts as asleep.
  returned: always
  type: float
resume:
  description: Seconds from being woken until its programs ran again, null when not known.
  returned: always
  type: float
late:
  description: Seconds from the alarm until its programs ran again, null when it woke before.
  returned: always
  type: float
reconnect:
  description: Seconds from then until it told so here, null without O(wait), and for another O(action).
  returned: always
  type: float
woken_by:
  description:
    - V(rtc), V(wol), the kernel's name of another source, or V(unknown); empty when it did not sleep.
    - Never V(rtc) where the kernel names another source, even if the alarm was due.
  returned: always
  type: str
  sample: rtc
begins_in:
  description: Seconds until a planned sleep begins, else null.
  returned: always
  type: float
due:
  description:
    - When the alarm of a planned sleep is due, in seconds since the epoch by the host's clock; null without one. The
      option O(hostpm.power.pm_wake#module:due) takes it.
  returned: always
  type: int
phase:
  description: V(prepared), V(committed), V(entering) or V(done); empty when nothing is planned.
  returned: always
  type: str
boot_id:
  description: The boot of the host that said so.
  returned: always
  type: str
ways_back:
  description: Each way back, whether it is V(armed) or V(exercised) (it worked before), and what is known of it.
  returned: always
  type: list
  elements: dict
  sample: [{way: rtc, state: exercised, at: 1700000000, asleep: 30.1, entry: 1.2}]
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._suspend import MODULE_OPTIONS
from ..module_utils._suspend_steps import carry_out


def main() -> None:
    module = AnsibleModule(argument_spec=dict(MODULE_OPTIONS), supports_check_mode=True)
    told = carry_out(module.params, check=module.check_mode)
    for warning in told.pop("warnings", []):
        module.warn(warning)
    module.exit_json(**told, invocation={})


if __name__ == "__main__":
    main()
