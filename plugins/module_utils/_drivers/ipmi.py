"""The driver ipmi: a BMC over RMCP+ (IPMI 2.0) with pyghmi, each agent in a forked child of its own."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import sys
import typing as t

from .._fencing.errors import Protocol, Unsupported
from .._fencing.model import Power, Reading, RestorePolicy, Role
from ._child import Child
from ._ipmi_account import PRIVILEGES, Account, bare_host, mistakes_in, port_of
from ._ipmi_child import CONTROLS, Conversation


class Ipmi:
    """A chassis, by Get Chassis Status and Chassis Control.

    ``cipher_suite`` unset means 17, and 3 when the BMC refuses that (one request more): pyghmi has no others.
    ``guid`` is compared as :func:`._ipmi_account.is_same_system` says, before anything is sent.
    """

    ROLE: t.ClassVar[Role | None] = Role.CHASSIS
    ACTIONS: t.ClassVar[frozenset[str]] = frozenset(CONTROLS)
    OPTIONS: t.ClassVar[dict[str, dict[str, t.Any]]] = {
        "address": {"type": "str", "required": True},
        "port": {"type": "int", "default": 623},
        "username": {"type": "str", "default": ""},
        "password": {"type": "str", "required": True, "no_log": True},
        "kg": {"type": "str", "no_log": True},
        "privilege": {"type": "str", "choices": list(PRIVILEGES), "default": "administrator"},
        "cipher_suite": {"type": "int", "choices": [3, 17]},
        "guid": {"type": "str"},
    }
    DOCS: t.ClassVar[dict[str, list[str]]] = {
        "": [
            "A BMC, or an outlet that speaks IPMI 2.0 (RMCP+). Needs the Python library pyghmi where the engine runs."
        ],
        "address": ["Name or IP address of the device."],
        "port": ["UDP port."],
        "username": ["User name; empty for the anonymous user."],
        "password": ["The user's password. Keep it in a vaulted variable of its own."],
        "kg": [
            "The BMC's key K_g, as text, or as hexadecimal digits after C(0x). Without it the password is used."
        ],
        "privilege": ["Privilege level to ask for. Commands need V(operator) or more."],
        "cipher_suite": ["Cipher suite. Without it 17 is tried, then 3; a weaker one is never used."],
        "guid": [
            "System GUID that the device must have; where another answers, nothing is sent.",
            "The byte orders in which BMCs are known to send it are all accepted.",
        ],
    }

    def __init__(self, options: t.Mapping[str, t.Any], *, deadline: float) -> None:
        self._options = options
        self._deadline = deadline
        self._child: Child | None = None

    @staticmethod
    def check(options: t.Mapping[str, t.Any]) -> list[str]:
        return mistakes_in(options)

    @staticmethod
    def device(options: t.Mapping[str, t.Any]) -> str:
        return f"ipmi {_bracketed(options)}:{port_of(options)}"

    @staticmethod
    def address(options: t.Mapping[str, t.Any]) -> str:
        port = port_of(options)
        return _bracketed(options) if port == 623 else f"{_bracketed(options)}:{port}"

    async def open(self) -> str:
        """Log in, compare the GUID; address and port of the BMC that answered.

        :raises PowerError: any of its classes; see the tables of ``_ipmi_errors``.
        """
        account = Account.from_options(self._options)
        await self.close()
        self._child = Child(functools.partial(Conversation, _pyghmi(), account), self._deadline)
        await self._child.start()
        return f"ipmi {await self._child.call('open')}"

    async def status(self) -> Reading:
        """Get Chassis Status, and Get ACPI Power State of a host that may be asleep."""
        power, raw, policy, maybe_asleep = await self._opened().call("status")
        return Reading(Power(power), raw, RestorePolicy(policy), maybe_asleep)

    async def send(self, action: str) -> None:
        """Chassis Control, sent exactly once.

        :raises Unreachable: the answer was lost; a read must decide.
        :raises Rejected: the BMC refused.
        """
        if action not in self.ACTIONS:
            raise Unsupported(f"IPMI agents have no action {action!r}")
        await self._opened().call("send", action)

    def doing(self) -> tuple[str, str]:
        return self._child.doing() if self._child else ("", "")

    async def close(self) -> None:
        """Log out; bounded by the child's ``CLOSE_TIME``."""
        if self._child is not None:
            await self._child.close()

    def _opened(self) -> Child:
        if self._child is None:
            raise Protocol("there is no session: open was not called")
        return self._child


def _bracketed(options: t.Mapping[str, t.Any]) -> str:
    host = bare_host(options)
    return f"[{host}]" if ":" in host else host


def _pyghmi() -> t.Any:
    """pyghmi's session module, imported before the fork, so that a missing one is reported here.

    Not pyghmi.ipmi.command: that imports every vendor's handlers (75 ms), and its calls cost more requests.
    """
    try:
        from pyghmi.ipmi.private import session
    except ImportError as exc:
        name = (exc.name or "pyghmi").partition(".")[0]
        missing = name if name == "pyghmi" else f"pyghmi (its {name})"
        raise Unsupported(
            f"the Python library {missing} is not installed for {sys.executable}",
            f"Install pyghmi there: {sys.executable} -m pip install pyghmi",
        ) from exc
    return session
