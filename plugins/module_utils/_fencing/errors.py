"""The errors of power management: one base, a subclass wherever a caller acts differently."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t


class PowerError(Exception):
    """What went wrong with one agent.

    :param tried: what was tried and what came of it, without a final full stop.
    :param advice: what the operator can do next, without a final full stop.

    The host, the agent and its address are put in front by whoever reports the error: a driver knows
    only its device.
    """

    #: The word for this class of error in results.
    kind: t.ClassVar[str] = "error"
    #: The same request may succeed a moment later: worth a retry within the agent's time.
    transient: t.ClassVar[bool] = False
    #: Raised by ``send``: the command may have acted all the same, only a read can tell.
    may_have_acted: t.ClassVar[bool] = False

    def __init__(self, tried: str, advice: str = "") -> None:
        advice = advice[:1].upper() + advice[1:]
        super().__init__(f"{tried}. {advice}." if advice else f"{tried}.")
        self.tried = tried
        self.advice = advice


class NameResolution(PowerError):
    """The name of the device has no address."""

    kind = "name_resolution"


class Unreachable(PowerError):
    """The device does not answer: dead, a closed port, a lost session, no route."""

    kind = "unreachable"
    transient = True
    may_have_acted = True


class AuthFailed(PowerError):
    """The device refuses the user, the password or the privilege level."""

    kind = "auth_failed"


class Untrusted(PowerError):
    """The device's TLS certificate cannot be trusted."""

    kind = "untrusted"


class Protocol(PowerError):
    """The device answers something that the protocol does not allow, or not understood here."""

    kind = "protocol"
    transient = True
    may_have_acted = True


class Unsupported(PowerError):
    """The device, or what is installed here, cannot do this at all."""

    kind = "unsupported"


class Rejected(PowerError):
    """The device understood the command and refused it: it did not act."""

    kind = "rejected"


class Busy(PowerError):
    """The device has no capacity now: no session slot left, node busy. It did not act."""

    kind = "busy"
    transient = True


class IdentityMismatch(PowerError):
    """Another device than the expected one answers at this address."""

    kind = "identity_mismatch"


class Misconfigured(PowerError):
    """The options of the agent make no sense for this device."""

    kind = "misconfigured"


class DeadlineExceeded(PowerError):
    """The time for this request was used up."""

    kind = "deadline_exceeded"
    transient = True
    may_have_acted = True


#: Every class by the word that results use for it.
BY_KIND: t.Final[dict[str, type[PowerError]]] = {
    cls.kind: cls
    for cls in (
        PowerError,
        NameResolution,
        Unreachable,
        AuthFailed,
        Untrusted,
        Protocol,
        Unsupported,
        Rejected,
        Busy,
        IdentityMismatch,
        Misconfigured,
        DeadlineExceeded,
    )
}
