"""Whether the engine would run on the host that it takes down, as far as names and addresses tell. Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import typing as t

LOCALHOST: t.Final = ("localhost", "127.0.0.1", "::1")
_SSH: t.Final = 22


def runs_on(
    host: str,
    proxy: str,
    *,
    local: bool,
    variables: t.Mapping[str, t.Any],
    template: t.Callable[[t.Any], t.Any],
) -> bool:
    """Whether the machine behind ``proxy`` is the host.

    :param local: the proxy is the machine that runs the play.
    :param variables: the task's variables; core puts those of the delegate in ``ansible_delegated_vars``.
    """
    if host == proxy or (local and _is_this_machine(host)):
        return True
    delegated = (variables.get("ansible_delegated_vars") or {}).get(proxy) or {}
    address, _port = own = _reached_at(host, variables, template)
    # hosts without a way in of their own are often written as being at localhost
    return not local and address not in LOCALHOST and own == _reached_at(proxy, delegated, template)


def _is_this_machine(host: str) -> bool:
    mine = socket.gethostname()
    return host in LOCALHOST or host == mine or host == mine.partition(".")[0]


def _reached_at(
    name: str, variables: t.Mapping[str, t.Any], template: t.Callable[[t.Any], t.Any]
) -> tuple[str, str]:
    address = template(variables.get("ansible_host")) or name
    port = template(variables.get("ansible_port")) or _SSH
    return str(address).lower(), str(port)
