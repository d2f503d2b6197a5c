"""The filter power_xml: what pm_capabilities found of a host's ways to sleep, as XML."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: power_xml
short_description: The ways in which a host can sleep, as the XML of libvirt or of its proposal of 2011
version_added: 0.1.0
author:
  - hostpm.power contributors (@hostpm)
description:
  - Turns what M(hostpm.power.pm_capabilities) found into an element C(power_management), with an empty element in it
    for each way of sleeping that the host has.
  - Nothing at all, the empty string, means that nothing was probed. An empty C(power_management) means that all was
    probed and the host has none. A probe that failed is an element C(failed) in the namespace
    C(https://github.com/hostpm/power/ns/power-management), with the mode and the reason.
  - A RelaxNG schema of all that comes out is C(extensions/schemas/power_management.rng) in this collection.
positional: _input, form
options:
  _input:
    description:
      - The fact C(pm_capabilities), or a registered result of M(hostpm.power.pm_capabilities).
    type: dict
    required: true
  form:
    description:
      - V(libvirt) writes C(suspend_mem), C(suspend_disk) and C(suspend_hybrid), as C(virsh capabilities) does.
      - V(2011) writes C(S3) and C(S4), as the first proposal did. It has no word for hybrid sleep.
    type: str
    default: libvirt
    choices: [libvirt, '2011']
notes:
  - Suspend to idle (V(freeze)) has no element in either form.
seealso:
  - module: hostpm.power.pm_capabilities
  - name: libvirt, driver capabilities
    description: Where libvirt has this element.
    link: https://libvirt.org/formatcaps.html
"""

EXAMPLES = r"""
- name: Look at the ways to sleep
  hostpm.power.pm_capabilities:

- name: Show them as libvirt does, such as <power_management><suspend_mem/><suspend_disk/></power_management>
  ansible.builtin.debug:
    msg: "{{ ansible_facts['pm_capabilities'] | hostpm.power.power_xml }}"

- name: Show them as the proposal of 2011 did, such as <power_management><S3/><S4/></power_management>
  ansible.builtin.debug:
    msg: "{{ ansible_facts['pm_capabilities'] | hostpm.power.power_xml(form='2011') }}"
"""

RETURN = r"""
_value:
  description: One line of XML, or the empty string.
  type: str
"""

import typing as t
from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from ansible.errors import AnsibleFilterError

from ..module_utils._sleep.answer import NOT_PROBED, PROBE_FAILED, STATES, SUPPORTED

NAMESPACE: t.Final = "https://github.com/hostpm/power/ns/power-management"

#: The element of each mode, in the order of the schema.
FORMS: t.Final[dict[str, dict[str, str]]] = {
    "libvirt": {"mem": "suspend_mem", "disk": "suspend_disk", "hybrid": "suspend_hybrid"},
    "2011": {"mem": "S3", "disk": "S4"},
}


def power_xml(capabilities: t.Any, form: t.Any = "libvirt") -> str:
    elements = FORMS.get(str(form))
    if elements is None:
        raise AnsibleFilterError(f"power_xml: form must be libvirt or '2011', not {form!r}.")
    modes = _modes(capabilities)
    states = {mode: _state(modes, mode) for mode in elements}
    if set(states.values()) == {NOT_PROBED}:
        return ""
    content = [f"<{elements[mode]}/>" for mode, state in states.items() if state == SUPPORTED]
    content += [
        f"<pm:failed mode={quoteattr(mode)} why={quoteattr(_why(modes[mode]))}/>"
        for mode, state in states.items()
        if state == PROBE_FAILED
    ]
    content += [
        f"<pm:not_probed mode={quoteattr(mode)}/>" for mode, state in states.items() if state == NOT_PROBED
    ]
    space = f" xmlns:pm={quoteattr(NAMESPACE)}" if any(one.startswith("<pm:") for one in content) else ""
    if not content:
        return "<power_management/>"
    return f"<power_management{space}>{''.join(content)}</power_management>"


#: Where a fact or a result has the capabilities.
_PLACES: t.Final = ((), ("capabilities",), ("ansible_facts", "pm_capabilities"), ("pm_capabilities",))


def _modes(given: t.Any) -> Mapping[str, t.Any]:
    """The part ``sleep`` of the fact or of the result."""
    for place in _PLACES:
        found = given
        for key in (*place, "sleep"):
            found = found.get(key) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping):
            return found
    raise AnsibleFilterError(
        "power_xml: expects the fact pm_capabilities or a result of hostpm.power.pm_capabilities, "
        f"not {type(given).__name__} without a key sleep. Run that module on the host first."
    )


def _state(modes: Mapping[str, t.Any], mode: str) -> str:
    one = modes.get(mode)
    state = one.get("state") if isinstance(one, Mapping) else None
    if state not in STATES:
        raise AnsibleFilterError(
            f"power_xml: sleep.{mode}.state must be one of {', '.join(STATES)}, not {state!r}."
        )
    return str(state)


def _why(mode: Mapping[str, t.Any]) -> str:
    """The reason on one line, without characters that XML has no place for."""
    return "".join(one if one.isprintable() else " " for one in str(mode.get("why", ""))).strip()


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., str]]:
        return {"power_xml": power_xml}
