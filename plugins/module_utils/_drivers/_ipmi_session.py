"""What pyghmi's session must do differently for power control; runs in the forked child only."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import hashlib
import signal
import socket
import struct
import typing as t

from .._fencing.errors import PowerError, Unsupported
from ._ipmi_errors import login_error, network_error, unreachable_error
from ._ipmi_line import Line, signals, take_over

if t.TYPE_CHECKING:
    from pyghmi.ipmi.private.session import Session as _Base

    from ._ipmi_account import Account
else:
    _Base = object  # pyghmi may be missing: make_session puts its class below ours

#: pyghmi raises its own timeout by 1 s a try, from 0.5-1 s: three tries, then the session is lost.
_LAST_TRY: t.Final = 2.0
#: A chassis control is sent once and waited for so long.
_CONTROL_WAIT: t.Final = 5.0
_FIRST_CLOSE_WAIT: t.Final = 0.3
_CLOSE_SESSION: t.Final = 0x3C
_APP: t.Final = 6
_RAKP3: t.Final = 0x14
_HMAC_SHA1: t.Final = 1
_INVALID_INTEGRITY: t.Final = 0x0F


class PowerSession(_Base):  # type: ignore[misc]
    """pyghmi's session, but: no command is repeated behind our back, and every failure is a PowerError.

    The hooks are methods of pyghmi 1.5 and 1.6. A PowerError that is raised in one of them comes out of
    the call that waits: pyghmi runs them in the caller's thread.
    """

    account: t.ClassVar[Account]
    first_answer: t.Callable[[], None]
    heard = False
    once = False
    closed = False
    doing = "the login"
    refusal: int | None = None
    failure: PowerError | None = None

    def log_in(self) -> None:
        """Run pyghmi's loop until the login that began with this object has ended, and raise why it failed."""
        while self.logging:
            with signals(signal.SIG_BLOCK):
                self.wait_for_rsp()
        if self.failure is not None:
            raise self.failure

    def command(self, doing: str, netfn: int, command: int, data: t.Sequence[int] = ()) -> tuple[int, bytes]:
        """Send a command that may be repeated; its completion code and data."""
        return self._request(doing, netfn, command, data)

    def control(self, doing: str, netfn: int, command: int, data: t.Sequence[int]) -> int:
        """Send a command exactly once; its completion code."""
        self.once = True
        try:
            return self._request(doing, netfn, command, data, timeout=_CONTROL_WAIT)[0]
        finally:
            self.once = False

    def _request(
        self, doing: str, netfn: int, command: int, data: t.Sequence[int], timeout: float | None = None
    ) -> tuple[int, bytes]:
        if self.failure is not None:  # pyghmi would wait for the end of the request that got no answer
            raise self.failure
        self.doing = doing
        try:
            with signals(signal.SIG_BLOCK):
                response = self.raw_command(netfn=netfn, command=command, data=data, timeout=timeout)
        except PowerError as exc:
            self.failure = exc
            raise
        return response["code"], bytes(response["data"])

    def end(self) -> None:
        """Close the session at the BMC, from any state that an interruption may have left.

        pyghmi's logout sends Close Session once, waits for no answer, and not at all when another request
        is under way or the privilege was refused: the BMC's slot would stay taken.
        """
        self._finish_login()
        self._leave()

    def _finish_login(self) -> None:
        """Only a session that both sides know can be closed; a half-open one takes its slot for a minute."""
        if self.sessioncontext in ("OPENSESSION", "EXPECTINGRAKP2", "EXPECTINGRAKP4"):
            with contextlib.suppress(Exception):
                self.log_in()

    def _leave(self) -> None:
        stage = self.sessioncontext
        if stage not in ("ESTABLISHED", "FAILED") or self.closed:
            return
        self.closed = True
        self.lastpayload = None
        self.pendingpayloads.clear()
        if stage == "FAILED":
            self._give_up_login()
            return
        self.logged = 1
        self.logging = self.once = self.incommand = False
        data = struct.pack("<I", self.sessionid)
        # If it fails, nothing more can be done: the BMC drops the session in time.
        with contextlib.suppress(Exception), signals(signal.SIG_BLOCK):
            self.raw_command(netfn=_APP, command=_CLOSE_SESSION, data=data, timeout=_FIRST_CLOSE_WAIT)
        self.logged = 0

    def _give_up_login(self) -> None:
        """RAKP 3 with an error status: the BMC frees the slot of a login whose RAKP 2 was wrong (section 13.22)."""
        session = struct.pack("<I", self.pendingsessionid)
        payload = bytes([self.rmcptag + 1 & 0xFF, _INVALID_INTEGRITY, 0, 0]) + session
        self.send_payload(payload=payload, payload_type=_RAKP3, retry=False)

    def _initsession(self) -> None:
        super()._initsession()
        if self.account.cipher_suite == 3:
            self.attemptedhash = 1

    def _open_rmcpplus_request(self) -> None:
        falls_back = self.attemptedhash == 1  # as pyghmi does when 17 is refused
        if falls_back and self.account.cipher_suite == 17:
            self.onlogon({"error": "cipher suite 17 was refused"})
        else:
            super()._open_rmcpplus_request()

    def _get_session_challenge(self) -> None:
        raise Unsupported("the BMC offers only IPMI 1.5", "enable IPMI 2.0 (RMCP+) on the BMC, or update it")

    def _got_rmcp_response(self, data: bytes) -> t.Any:
        may_differ = self.account.cipher_suite is None and self.attemptedhash == 256
        if may_differ and data[:2] == bytes([self.rmcptag, 0]) and data[16:17] == bytes([_HMAC_SHA1]):
            # NOTE: pyghmi's own server, so virtualbmc, answers with suite 3 whatever it is offered
            self.attemptedhash, self.currhashlib, self.currhashlen = 1, hashlib.sha1, 12
        return self._noting(super()._got_rmcp_response, data)

    def _got_rakp2(self, data: bytes) -> t.Any:
        return self._noting(super()._got_rakp2, data)

    def _got_rakp4(self, data: bytes) -> t.Any:
        return self._noting(super()._got_rakp4, data)

    def _noting(self, handle: t.Callable[[bytes], t.Any], data: bytes) -> t.Any:
        if data[0] == self.rmcptag:
            self.refusal = data[1] or None
        return handle(data)

    def _handle_ipmi_packet(self, data: t.Any, sockaddr: t.Any = None, qent: t.Any = None) -> t.Any:
        if not self.heard:
            self.heard = True
            self.first_answer()
        return super()._handle_ipmi_packet(data, sockaddr, qent)

    def _timedout(self) -> None:
        established = self.sessioncontext == "ESTABLISHED"
        if established and (self.once or self.timeout >= _LAST_TRY):
            # pyghmi would log in again and send the command again
            raise unreachable_error(self.heard, True, self.doing)
        super()._timedout()

    def onlogon(self, parameter: dict[str, t.Any]) -> None:
        if "error" in parameter and self.failure is None:
            text, stage = self.account.scrub(str(parameter["error"])), str(self.sessioncontext)
            if text == "timeout" and self.refusal is None:
                self.failure = unreachable_error(self.heard, False, self.doing)
            else:
                self.failure = login_error(stage, text, self.refusal, self.account.kg is not None)
            self._leave()
        super().onlogon(parameter)


def make_session(
    library: t.Any, sockaddr: tuple[t.Any, ...], account: Account, first_answer: t.Callable[[], None]
) -> PowerSession:
    """Begin a login at one address; ``log_in`` ends it.

    :param library: pyghmi's session module.
    :param first_answer: is called when anything came from there.
    """
    family = socket.AF_INET6 if ":" in sockaddr[0] else socket.AF_INET
    line = Line(family, socket.SOCK_DGRAM)
    take_over(library, line, account.port)
    try:
        line.connect(sockaddr)
    except OSError as exc:
        raise network_error(exc, account.port) from exc
    cls: t.Any = type(
        "Session",
        (PowerSession, library.Session),
        {"account": account, "first_answer": staticmethod(first_answer)},
    )
    session: PowerSession = cls(
        socket.getnameinfo(sockaddr, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[0],
        account.username,
        account.password,
        port=account.port,
        kg=account.kg,
        privlevel=account.privilege,
        onlogon=lambda _parameter: None,
    )
    return session
