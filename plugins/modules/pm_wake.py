#!/usr/bin/python

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pm_wake
short_description: Wake a host that sleeps or is off, and see that it can be reached
version_added: 0.1.0
author:
  - hostpm.power contributors (@hostpm)
description:
  - Wakes a host by a ladder of ways, one after another until the host is reached. Its own alarm, where one is known to
    be due; a magic packet (Wake-on-LAN), repeated until the host is reached; the on of its power-management agents.
  - Success means that the host answered at its address. A host that answers already is sent nothing.
  - An answer does not tell whether the host slept or was booted; its boot_id does.
  - Works for hosts that are down, since nothing runs on the host itself. The packets are sent from the controller, or
    from the host that C(delegate_to) names, such as a neighbour in the network of the host's card.
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
    support: partial
    details:
      - Only where the task is delegated to another host, or to C(localhost) by a user who is not root. O(interface)
        needs root.
  bypass_host_loop:
    support: none
  check_mode:
    support: full
    details: It is really looked whether the host can be reached; nothing is sent. The result has the plan.
  connection:
    support: partial
    details: No connection to the host itself is made, but for looking whether it answers.
  delegation:
    support: full
    details: The delegate sends the packets and reaches the agents.
  diff_mode:
    support: full
  facts:
    support: none
  platform:
    platforms: posix
    support: full
  idempotent:
    description: Whether a second run changes nothing.
    support: full
    details: Nothing is sent to a host that answers. With O(reach=none) it is always sent.
options:
  mac:
    description:
      - The MAC address of the host's network card, or a list of them. By default the host's variable C(pm_mac).
      - With colons, dashes or dots, or without. Put it in quotes, as YAML takes some for numbers.
    type: list
    elements: str
  secureon:
    description:
      - The SecureOn password of the card, 4 or 6 bytes such as V(00:11:22:33:44:55). By default the host's variable
        C(pm_secureon). Keep it in a vaulted variable of its own. It is no strong protection, as it is sent in clear.
    type: str
  broadcast:
    description:
      - Where the packets are sent to, an IPv4 address, or a network such as V(192.0.2.0/24), whose broadcast address is
        taken. By default the host's variable C(pm_broadcast), else V(255.255.255.255), which leaves the sender by one
        interface, that of its default route.
    type: str
  interface:
    description:
      - The sender's interface in the network of the host's card. By default the host's variable C(pm_interface).
      - The packets leave by it, whatever the sender's routes say, and each is sent as a frame of its own as well
        (EtherType 0x0842), for cards that ignore IP. Needs Linux and root.
    type: str
  ports:
    description: The UDP ports that the packets are sent to.
    type: list
    elements: int
    default: [9, 7]
  due:
    description:
      - When the host's own alarm fires, where that is known. Seconds from now, a Unix time, or a moment such as
        V(2030-01-31T06:00:00Z). It is waited for before anything is sent.
    type: raw
  rungs:
    description:
      - The ways that are tried, in this order. By default all for which the host has what they need, in the order
        below. One that is named here must have it.
      - V(rtc) waits for the host's own alarm, and needs O(due).
      - V(magic) sends magic packets, and needs O(mac).
      - V(agent) switches the host on by its power-management agents, and needs O(agents).
    type: list
    elements: str
    choices: [rtc, magic, agent]
  timeout:
    description:
      - Seconds for everything together, from the start of the task, the host's turn (O(stagger)) included. A rung gets
        what is left divided by the rungs left. A delegate that hangs may hold the task five seconds longer.
    type: float
    default: 300
  interval:
    description: Seconds between two rounds of magic packets.
    type: float
    default: 5
  stagger:
    description:
      - Seconds between the hosts of the batch, so that they do not all draw their inrush current at once. The first
        host is powered up as soon as it was looked for in vain, which takes up to three seconds. The tenth is powered
        up nine times this after those three seconds, and has what is left of O(timeout) then.
      - A host's place in C(ansible_play_batch) decides, so its turn is the same in every run. One whose turn does not
        come within O(timeout) is refused.
      - Each host's turn counts from the start of its own task. Give the play as many C(forks) as hosts; with fewer,
        later hosts are woken later, and never closer together.
    type: float
    default: 0
  reach:
    description:
      - When the host counts as reached. V(ssh), when a server there says that it speaks ssh. V(tcp), when it accepts a
        connection, for hosts that are managed by other means; the port may be forwarded, with no host behind it.
      - V(none) does not look. The packets are sent three times, every rung is used, and the result is V(unverified).
    type: str
    default: ssh
    choices: [ssh, tcp, none]
  reach_address:
    description: Where to look for the host. By default its C(ansible_host), else its name in the inventory.
    type: str
  reach_port:
    description: The TCP port. By default the host's C(ansible_port), else 22.
    type: int
  verify_from:
    description:
      - Where it is looked from, when the task is delegated. V(controller), where the play runs. V(proxy), the delegate,
        for hosts that the controller does not reach directly.
    type: str
    default: controller
    choices: [controller, proxy]
  agents:
    description:
      - The host's power-management agents, by default its variable C(pm_agents), as
        O(hostpm.power.pm_fence#module:agents) describes them.
    type: list
    elements: dict
  agent_timeout:
    description: Seconds that one agent may go without a good answer before it is given up.
    type: float
    default: 20
  host:
    description:
      - The name of the host in messages. The action plugin sets it to the inventory name.
    type: str
  proxy:
    description:
      - The name of the machine that sends, in results. The action plugin sets it.
    type: str
    default: localhost
  place:
    description:
      - The host's place in the batch, from 0 on. The action plugin sets it.
    type: int
    default: 0
  only_send:
    description:
      - Send every packet once and return how many there were. The action plugin sets it where the controller looks.
    type: bool
    default: false
notes:
  - A card wakes its host only if it was armed before the host went down.
  - This module is no member of the action group C(hostpm.power.power), whose members share their options.
  - A password that is written into a task, not into a variable of its own, may be shown by Ansible where the task
    fails.
seealso:
  - module: hostpm.power.pm_suspend
  - module: hostpm.power.pm_fence
  - module: community.general.wakeonlan
"""

EXAMPLES = r"""
# The host's variables, for example in host_vars/node1.yml:
#
#   pm_mac: "52:54:00:12:34:56"
#   pm_broadcast: 192.0.2.0/24
#   pm_secureon: "{{ vault_node1_secureon }}"
#
# Ad hoc: ansible node1 -m hostpm.power.pm_wake

- name: Wake a host
  hostpm.power.pm_wake:

- name: Wake a host whose card wants a SecureOn password
  hostpm.power.pm_wake:
    mac: "52:54:00:12:34:56"
    secureon: "{{ vault_node1_secureon }}"
    broadcast: 192.0.2.255

- name: Wake a host through a neighbour in its network, by a named interface
  hostpm.power.pm_wake:
    interface: eth0
  delegate_to: neighbour
  become: true

- name: Wait for the alarm that the host has set, then do whatever it takes
  hostpm.power.pm_wake:
    due: "2030-01-31T06:00:00Z"
    timeout: 900

- name: Wake a whole group, one host every two seconds, all of them within ten minutes
  hostpm.power.pm_wake:
    stagger: 2
    timeout: 600
"""

RETURN = r"""
msg:
  description: The outcome as a sentence; for a failure with what each rung did and what to look at.
  returned: always
  type: str
  sample: >-
    node1 was reached: ssh answered at 192.0.2.11 port 22 4.2 s after the first magic packet, 2 packets from localhost.
outcome:
  description:
    - How it ended, in one word.
    - Good are V(already_awake) (nothing was sent), V(woken) and V(planned) (check mode). V(unverified) (O(reach=none))
      comes with a warning.
    - V(not_reached) and V(refused) (nothing was sent) fail the task.
  returned: always
  type: str
  sample: woken
rung:
  description:
    - The rung that worked, that is the last one that did anything before the host was reached; V(rtc), V(magic),
      V(agent), or empty. An earlier one may have been what woke it.
  returned: always
  type: str
  sample: magic
reached:
  description: The host answered.
  returned: always
  type: bool
  sample: true
looked_at:
  description: Where it was looked for, empty with O(reach=none).
  returned: always
  type: str
  sample: ssh at 192.0.2.11 port 22
rungs:
  description:
    - Each rung, when it began and how long it lasted (seconds from the start of the task), how many packets it sent.
    - RV(ignore:state) is V(worked), V(no_answer), V(failed) (it could do nothing), V(done) (nobody looked), V(waiting)
      (for the host's turn) or V(not_needed).
  returned: always
  type: list
  elements: dict
  sample: [{rung: magic, state: worked, at: 3.0, elapsed: 4.2, sent: 2, message: ''}]
packets:
  description: How many magic packets were sent.
  returned: always
  type: int
  sample: 2
turn:
  description: When the host's turn to be powered up came, in seconds from the start of the task.
  returned: always
  type: float
  sample: 0.0
proxy:
  description: The machine that sent the packets and reached the agents.
  returned: always
  type: str
  sample: localhost
verified_from:
  description: The machine that looked for the host, empty when nobody did.
  returned: always
  type: str
  sample: localhost
elapsed:
  description: Seconds that it took.
  returned: always
  type: float
  sample: 7.2
plan:
  description:
    - What would be done, with the proxy, the rungs, when each begins and how long it may last if none before it works,
      what is left out and why.
  returned: in check mode, unless it is refused
  type: dict
  sample: {proxy: localhost, rungs: [{rung: magic, begins: 0.0, at_most: 300.0}], left_out: []}
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._options import Mistakes
from ..module_utils._secrets import Secrets
from ..module_utils._wake.options import WAKE_OPTIONS
from ..module_utils._wake.task import prepare, refused


def main() -> None:
    module = AnsibleModule(argument_spec=dict(WAKE_OPTIONS), supports_check_mode=True)
    # Core masks every string of a result that equals a secret. The result holds no input, and the texts of libraries
    # in it are scrubbed.
    module.no_log_values.clear()
    try:
        task = prepare(module.params, Secrets())
        if module.params["only_send"]:
            result = task.send()
        else:
            result = task.run(check=module.check_mode, diff=module._diff, interrupted=module.warn, output=1)
    except Mistakes as exc:
        result = refused(exc, module.params)
    for warning in result.pop("warnings", []):
        module.warn(warning)
    # core would add all parameters
    module.exit_json(**result, invocation={})


if __name__ == "__main__":
    main()
