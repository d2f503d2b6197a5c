"""The interface of a driver: what the engine asks of a power device."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from .model import Agent, Reading, Role


class Driver(t.Protocol):
    """One conversation with one device, from ``open`` to ``close``.

    A driver neither waits for a state, nor repeats a command, nor judges: the engine does. Each method raises
    :class:`~.errors.PowerError` or a subclass; nothing of its library gets out. Any call may be cancelled
    at any moment, then only ``close`` follows.
    """

    async def open(self) -> str:
        """Reach the device, log in, check its identity. Changes nothing.

        Return what identifies the outlet or BMC that answered, however its address was written.
        """

    async def status(self) -> Reading:
        """Read the power state now."""

    async def send(self, action: str) -> None:
        """Send one command (on, off, soft, nmi), once. Return when the device accepted it."""

    def doing(self) -> tuple[str, str]:
        """What it is waiting for, such as " while logging in", and what to do when that never ends."""

    async def close(self) -> None:
        """Log out and free everything, whatever happened before; takes at most 2 s.

        Raises nothing but the CancelledError of a cancellation that came meanwhile.
        """


class DriverType(t.Protocol):
    """What the registry holds of a driver: its class."""

    @property
    def ACTIONS(self) -> frozenset[str]:
        """What it can send: some of on, off, soft, nmi."""

    @property
    def OPTIONS(self) -> t.Mapping[str, t.Mapping[str, t.Any]]:
        """Its own options, as an Ansible argument spec; ``no_log`` marks its secrets."""

    @property
    def DOCS(self) -> t.Mapping[str, t.Sequence[str]]:
        """What each option means, in Ansible's markup; the key "" describes the driver."""

    @property
    def ROLE(self) -> Role | None:
        """The role of its agents when they name none; None: they must name one."""

    def __call__(self, options: t.Mapping[str, t.Any], *, deadline: float) -> Driver:
        """Make a conversation that ends at ``deadline`` (``time.monotonic``) by itself at the latest."""

    @staticmethod
    def check(options: t.Mapping[str, t.Any]) -> list[str]:
        """Return what makes no sense for any device although the argument spec allows it, and why."""

    @staticmethod
    def device(options: t.Mapping[str, t.Any]) -> str:
        """What identifies device and plug, normalised: equal means the same outlet or BMC."""

    @staticmethod
    def address(options: t.Mapping[str, t.Any]) -> str:
        """Where the device is, for messages."""


#: How the engine gets the conversation with an agent: agent and deadline in, a driver out.
DriverFactory = t.Callable[[Agent, float], Driver]
