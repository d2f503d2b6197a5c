#!/usr/bin/python

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pm_fence
short_description: Cut the power of a host and prove it, or switch it on, restart it, read its state
version_added: 0.1.0
author:
  - hostpm.power contributors (@hostpm)
description:
  - Switches a host off, on, or off and on again through its power-management agents (BMCs, power outlets), and reports
    what was read from them afterwards.
  - A host is reported off only when a sufficient set of its agents was read off after the last command. A chassis agent
    is a sufficient set, and so are all of the host's power supplies together. What cannot be proven is reported as
    unknown, never as off.
  - Agents are tried in levels, one level after another until one succeeds. The agents of one level are switched off at
    the same moment, as a host with two power supplies needs it.
  - Works for a host that is down, since nothing runs on the host itself. The agents are reached from the controller, or
    from the host that C(delegate_to) names.
  - This module has a corresponding action plugin.
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.conn
  - ansible.builtin.action_common_attributes.facts
  - ansible.builtin.action_common_attributes.flow
  - hostpm.power._actiongroup_power
  - hostpm.power._agents
attributes:
  action:
    support: full
  async:
    support: none
  become:
    support: partial
    details: Only where the task is delegated to another host.
  bypass_host_loop:
    support: none
  check_mode:
    support: full
    details: The power state is really read; nothing is sent. The result has the plan.
  connection:
    support: partial
    details: No connection to the fenced host is made. With C(delegate_to), the delegate's connection is used.
  delegation:
    support: full
    details: The delegate reaches the agents. It needs the Python library of the driver.
  diff_mode:
    support: full
  facts:
    support: none
  platform:
    platforms: posix
    support: full
  idempotent:
    description: Whether a second run changes nothing.
    support: partial
    details: V(off) and V(on) send nothing to a host that is surely off, or read on. A read of off that may be a sleep
      is not sure (O(agents[].may_sleep)), so V(off) sends the hard off each time. V(restart) and V(nmi) always act.
options:
  action:
    description:
      - What to do. Quote V(off) and V(on) in YAML.
      - V(status) reads the agents level after level until they say whether the host is on or off.
      - V(off) switches the host off and proves it. A host that is surely off is left as it is.
      - V(on) switches on all supplies, then the host, and waits until it is read on.
      - V(restart) proves the host off, then switches it on. Where off cannot be proven, nothing is switched on. A host
        that was off already is switched on. V(reboot) means the same.
      - V(nmi) sends a diagnostic interrupt through the first chassis agent that accepts it.
    type: str
    required: true
    choices: [status, 'on', 'off', restart, nmi, reboot]
  strategy:
    description:
      - How the agents become levels. It has nothing to do with C(strategy) and C(serial) of a play.
      - V(auto) puts agents of equal C(order) in one level.
      - V(serial) makes each agent a level of its own, by C(order).
      - V(parallel) puts all agents in one level.
    type: str
    default: auto
    choices: [auto, serial, parallel]
  timeout:
    description:
      - Seconds for everything together. A level gets what is left divided by the levels left; a restart keeps a third
        for switching on. Logging out may take two seconds more.
    type: float
    default: 180
  agent_timeout:
    description:
      - Seconds that one agent may go without a good answer before it is given up.
    type: float
    default: 20
  soft_timeout:
    description:
      - Seconds to wait for an orderly shutdown before the hard off; V(0) asks for none.
      - It is asked for once, of a chassis agent that reads on. The hard off and its proof follow in any case.
      - At most half of O(timeout).
    type: float
    default: 0
  bmc_timeout:
    description:
      - Seconds that a chassis agent may need to boot after the host's supplies were switched on.
    type: float
    default: 120
  settle:
    description:
      - Seconds between the two reads that prove a host off. Keep it longer than power supplies hold their load after
        their outlets went off.
    type: float
    default: 1
  poll:
    description:
      - Seconds between two reads while waiting for a state. The first read comes at once.
    type: float
    default: 1
  require:
    description:
      - Which supplies must be on after V(on) and V(restart) for the task to succeed. With V(any), a dark supply
        beside a host that is on is a warning.
    type: str
    default: any
    choices: [any, all]
  host:
    description:
      - The name of the fenced host in messages. The action plugin sets it to the inventory name.
    type: str
  proxy:
    description:
      - The name of the machine that reaches the agents, in results. The action plugin sets it.
    type: str
    default: localhost
notes:
  - Name all supplies of a host in O(agents), each once. A supply that is missing there is not taken into account. Two
    agents that reach one address and port are refused, but a device with two addresses is taken for two devices.
  - Many BMCs cannot tell the ACPI state, and read off while their host sleeps (S3) and may wake with all that it has
    in memory. Such a read alone proves no off, see O(agents[].may_sleep); V(status) reports it with a warning.
  - What a BMC tells is believed. One that carries out a command later than O(agent_timeout), or tells of a state
    that is older than O(settle), can make an outcome wrong; raise these options for such a device.
  - Passwords written into a task, not into variables of their own, may be shown by Ansible where the task fails.
seealso:
  - name: IPMI Specification v2.0, section 28
    description: Chassis commands, and what a BMC tells of a host's power.
    link: https://www.intel.com/content/www/us/en/products/docs/servers/ipmi/ipmi-second-gen-interface-spec-v2-rev1-1.html
"""

EXAMPLES = r"""
# The agents of a host are its variable pm_agents, for example in host_vars/node1.yml:
#
#   pm_agents:
#     - name: bmc
#       order: 1
#       ipmi: {address: 192.0.2.11, username: admin, password: "{{ vault_node1_bmc }}"}
#     - name: pdu-a
#       order: 2
#       feed: a
#       ipmi: {address: 192.0.2.21, username: admin, password: "{{ vault_pdu }}"}
#     - name: pdu-b
#       order: 2
#       feed: b
#       ipmi: {address: 192.0.2.22, username: admin, password: "{{ vault_pdu }}"}
#
# Ad hoc: ansible node1 -m hostpm.power.pm_fence -a action=status

- name: Fence a host, its BMC first, both of its supplies at once where that fails
  hostpm.power.pm_fence:
    action: "off"

- name: Restart a host, giving it a minute for an orderly shutdown
  hostpm.power.pm_fence:
    action: restart
    soft_timeout: 60

- name: Reach the BMCs from a host in their network
  hostpm.power.pm_fence:
    action: status
  delegate_to: jumphost

- name: Cut both supplies of a host at the same moment
  hostpm.power.pm_fence:
    action: "off"
    strategy: parallel
    agents:
      - name: pdu-a
        feed: a
        ipmi: {address: 192.0.2.21, username: admin, password: "{{ vault_pdu }}"}
      - name: pdu-b
        feed: b
        ipmi: {address: 192.0.2.22, username: admin, password: "{{ vault_pdu }}"}
"""

RETURN = r"""
msg:
  description:
    - The outcome as a sentence; for a failure with the host, the agents, their addresses, what was tried and what to
      do.
  returned: always
  type: str
  sample: node1 is off, proven by its chassis 'bmc'.
outcome:
  description:
    - How it ended, in one word.
    - Good are V(status_read), V(off_verified), V(already_off), V(on_verified), V(already_on), V(restarted), V(nmi_sent)
      and V(planned) (check mode).
    - V(on_unverified) (only wake agents), V(on_partial) and V(restarted_partial) (a supply stays dark) come with a
      warning; the last two fail with O(require=all).
    - V(fenced_not_restarted), V(not_off), V(not_on), V(indeterminate) and V(refused) (nothing was sent) fail the task.
  returned: always
  type: str
  sample: off_verified
action:
  description: What was asked for.
  returned: always
  type: str
  sample: "off"
power:
  description: The host's power as it was read last, V(on), V(off), V(asleep) or V(unknown).
  returned: always
  type: str
  sample: "off"
basis:
  description: What RV(power) rests on, V(chassis) or V(feed). An outlet that is on is not yet a host that is on.
  returned: always
  type: str
  sample: chassis
supply:
  description: The host's supplies, V(live), V(partial), V(dead), V(unknown), or V(none) when it has no feed agents.
  returned: always
  type: str
  sample: live
fenced:
  description: Off was proven in this operation, also when the host was off already.
  returned: always
  type: bool
  sample: true
levels:
  description: The levels with their agents, what makes them sufficient, and what came of them.
  returned: always
  type: list
  elements: dict
  sample: [{level: 1, agents: [bmc], sufficient: chassis, state: proven, reason: ''}]
steps:
  description:
    - Each command and read, in seconds from the start. Equal reads in a row are one step with RV(ignore:times).
  returned: always
  type: list
  elements: dict
  sample:
    - {level: 1, agent: bmc, driver: ipmi, at: 0.08, elapsed: 0.01, sent: 'off', read: '', times: 1, error: '',
       message: ''}
evidence:
  description:
    - The reads that the outcome rests on, from which agent, when they began and ended (seconds from the start),
      through which proxy.
  returned: always
  type: list
  elements: dict
  sample: [{agent: bmc, role: chassis, power: 'off', raw: '', error: '', start: 0.09, end: 0.1, proxy: localhost}]
may_return:
  description:
    - What may power up a host again that is off now. V(restore_policy), when its supply returns. V(wol), a magic
      packet. V(unknown), something that no agent can see, such as an alarm of its clock.
  returned: always
  type: list
  elements: str
  sample: [unknown]
left_off:
  description: The agents that were told off, and that were not read on since that off can act no more.
  returned: always
  type: list
  elements: str
  sample: [bmc]
proxy:
  description: The machine that reached the agents.
  returned: always
  type: str
  sample: localhost
elapsed:
  description: Seconds that it took.
  returned: always
  type: float
  sample: 1.21
plan:
  description:
    - What would be done, with the proxy, the levels, why each is sufficient, the most it may take, and what a failure
      leads to.
  returned: in check mode, unless it is refused
  type: dict
  sample: {proxy: localhost, phases: [{phase: 'off', at_most: 180.0}], levels: [], switched_on: []}
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._options import FENCE_OPTIONS, Mistakes
from ..module_utils._secrets import Secrets
from ..module_utils._task import prepare, refused


def main() -> None:
    module = AnsibleModule(argument_spec=dict(FENCE_OPTIONS), supports_check_mode=True)
    # Core masks every string of a result that equals a secret: a password "off" would eat the answer. The result holds
    # no input, and the texts of libraries in it are scrubbed.
    module.no_log_values.clear()
    try:
        task = prepare(module.params, Secrets())
        result = task.run(check=module.check_mode, diff=module._diff, interrupted=module.warn, output=1)
    except Mistakes as exc:
        result = refused(exc, module.params)
    for warning in result.pop("warnings", []):
        module.warn(warning)
    # core would add all parameters
    module.exit_json(**result, invocation={})


if __name__ == "__main__":
    main()
