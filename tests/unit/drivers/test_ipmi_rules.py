"""The mapping of IPMI codes and library texts to errors, and the rules of sleep, without a BMC."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import types
import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._drivers import _ipmi_errors
from ansible_collections.hostpm.power.plugins.module_utils._drivers._ipmi_account import Account
from ansible_collections.hostpm.power.plugins.module_utils._drivers._ipmi_child import Conversation
from ansible_collections.hostpm.power.plugins.module_utils._fencing import errors

INVALID_COMMAND = 0xC1
S0, S3, S4, SLEEPING, UNKNOWN = 0x00, 0x03, 0x04, 0x08, 0x2A


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (0xC0, errors.Busy),
        (0xD2, errors.Busy),
        (0xC1, errors.Unsupported),
        (0xCC, errors.Rejected),
        (0xD4, errors.Rejected),
        (0xD5, errors.Rejected),
        (0xC3, errors.Protocol),
        (0xFF, errors.Protocol),
        (0x81, errors.Protocol),
    ],
)
def test_completion_code(code: int, kind: type[errors.PowerError]) -> None:
    error = _ipmi_errors.command_error("Chassis Control off", code)
    assert error.kind == kind.kind
    assert f"Chassis Control off: the BMC answered 0x{code:02X} (" in str(error)


@pytest.mark.parametrize("table", [_ipmi_errors.COMPLETION_CODES, _ipmi_errors.LOGIN_CODES])
def test_tables_hold_together(table: t.Mapping[int, tuple[type[errors.PowerError], str, str]]) -> None:
    for kind, name, advice in table.values():
        assert kind.kind in errors.BY_KIND
        assert name
        assert not (name + advice).endswith(".")


@pytest.mark.parametrize("code", [0xC3, 0xCE, 0xCF, 0xFF, 0x80])
def test_code_that_leaves_it_open_may_have_acted(code: int) -> None:
    assert _ipmi_errors.command_error("Chassis Control off", code).may_have_acted


@pytest.mark.parametrize(
    ("stage", "text", "code", "kind", "says"),
    [
        ("EXPECTINGRAKP2", "x", 0x0D, errors.AuthFailed, "user name"),
        ("EXPECTINGRAKP2", "x", 0x09, errors.AuthFailed, "privilege level"),
        ("OPENSESSION", "x", 0x11, errors.Unsupported, "cipher suite"),
        ("OPENSESSION", "x", 0x01, errors.Busy, "session slot"),
        ("EXPECTINGRAKP4", "x", 0x0F, errors.AuthFailed, "refuses the password"),
        ("OPENSESSION", "Illegal thing", 0x12, errors.Protocol, "Illegal thing, RMCP+ status 0x12"),
        ("FAILED", "Incorrect password provided", None, errors.AuthFailed, "another password"),
        ("EXPECTINGRAKP4", "Invalid RAKP4 integrity code (wrong Kg?)", None, errors.AuthFailed, "K_g"),
        ("ESTABLISHED", "x while requesting privelege level 4", None, errors.AuthFailed, "privilege"),
        ("None", "Node Busy while trying", None, errors.Busy, "busy"),
        ("None", "something new", None, errors.Protocol, "something new"),
    ],
)
def test_login_refusal(
    stage: str,
    text: str,
    code: int | None,
    kind: type[errors.PowerError],
    says: str,
) -> None:
    error = _ipmi_errors.login_error(stage, text, code, has_kg=False)
    assert error.kind == kind.kind
    assert says in str(error)


def test_silences_differ() -> None:
    texts = {str(_ipmi_errors.unreachable_error(*stage, "x")) for stage in ((0, 0), (1, 0), (1, 1))}
    assert len(texts) == 3


class FakeSession:
    """Answers with what a test put in."""

    def __init__(self) -> None:
        self.chassis = 0x21
        self.acpi: t.Any = S0
        self.asked: list[str] = []

    def command(self, what: str, netfn: int, command: int) -> tuple[int, bytes]:
        self.asked.append(what)
        if command == 0x01:
            return 0, bytes([self.chassis, 0, 0])
        return (self.acpi[0], b"") if isinstance(self.acpi, tuple) else (0, bytes([self.acpi, 0]))

    def control(self, what: str, netfn: int, command: int, data: tuple[int]) -> int:
        self.asked.append(what)
        return 0


@pytest.fixture
def session() -> FakeSession:
    return FakeSession()


@pytest.fixture
def conversation(session: FakeSession) -> Conversation:
    library = types.SimpleNamespace(exc=types.SimpleNamespace(IpmiException=KeyError))
    account = Account.from_options({"address": "bmc7", "password": "hunter2"})
    made = Conversation(library, account, lambda doing, advice: None)
    made._session = t.cast(t.Any, session)
    return made


@pytest.mark.parametrize(
    ("state", "expected", "maybe_asleep"),
    [
        (S0, ("off", ""), True),
        (0x01, ("asleep", "ACPI S1"), False),
        (S3, ("asleep", "ACPI S3"), False),
        (S4, ("off", ""), False),
        (0x05, ("off", ""), False),
        (0x07, ("off", ""), False),
        (SLEEPING, ("asleep", "ACPI S1 to S3"), False),
        (0x09, ("asleep", "ACPI S1 to S4"), False),
        (0x0A, ("off", ""), False),
        (0x20, ("off", ""), True),
        (0x21, ("off", ""), False),
        (UNKNOWN, ("off", ""), True),
        (S3 | 0x80, ("asleep", "ACPI S3"), False),
    ],
)
def test_acpi_states(
    conversation: Conversation,
    session: FakeSession,
    state: int,
    expected: tuple[str, str],
    maybe_asleep: bool,
) -> None:
    session.chassis, session.acpi = 0x20, state
    assert conversation.status() == (*expected, "last", maybe_asleep)


@pytest.mark.parametrize(
    ("byte", "policy"),
    [
        (0x01, "never"),
        (0x21, "last"),
        (0x41, "always"),
        (0x61, "unknown"),
    ],
)
def test_restore_policy(conversation: Conversation, session: FakeSession, byte: int, policy: str) -> None:
    session.chassis = byte
    assert conversation.status() == ("on", "", policy, False)


def test_faults_are_told(conversation: Conversation, session: FakeSession) -> None:
    session.chassis = 0x18
    assert conversation.status() == ("off", "power fault, power control fault", "never", True)


def _asks_acpi(conversation: Conversation, session: FakeSession) -> bool:
    session.chassis = 0x20
    session.asked.clear()
    conversation.status()
    return "Get ACPI Power State" in session.asked


def test_hard_off_of_a_running_host_needs_no_acpi(conversation: Conversation, session: FakeSession) -> None:
    conversation.status()
    conversation.send("off")
    assert not _asks_acpi(conversation, session)
    conversation.send("off")  # again, without another read of on
    assert not _asks_acpi(conversation, session)


@pytest.mark.parametrize("before", [("soft", "off"), ("off", "on"), ("on",), ("nmi",), ()])
def test_other_hosts_may_sleep(
    conversation: Conversation,
    session: FakeSession,
    before: tuple[str, ...],
) -> None:
    conversation.status()
    for action in before:
        conversation.send(action)
    assert _asks_acpi(conversation, session)


def test_host_that_came_back_may_sleep(conversation: Conversation, session: FakeSession) -> None:
    conversation.status()
    conversation.send("off")
    session.chassis = 0x21
    conversation.status()
    assert _asks_acpi(conversation, session)


def test_soft_is_remembered(conversation: Conversation, session: FakeSession) -> None:
    conversation.status()
    conversation.send("soft")
    conversation.status()
    conversation.send("off")
    assert _asks_acpi(conversation, session)


@pytest.mark.parametrize("code", [INVALID_COMMAND, 0xD4, 0xCC])
def test_bmc_without_acpi_is_asked_once(
    conversation: Conversation,
    session: FakeSession,
    code: int,
) -> None:
    session.acpi = (code,)
    assert _asks_acpi(conversation, session)
    assert conversation.status()[0] == "off"
    assert not _asks_acpi(conversation, session)


@pytest.mark.parametrize("code", [0xC0, 0xFF])
def test_acpi_that_cannot_be_read_now_is_no_off(
    conversation: Conversation,
    session: FakeSession,
    code: int,
) -> None:
    session.chassis, session.acpi = 0x20, (code,)
    with pytest.raises(errors.PowerError):
        conversation.status()


def test_library_exceptions_are_mapped_and_scrubbed(
    conversation: Conversation,
    session: FakeSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for raised, kind in (
        (KeyError("hunter2"), errors.Unreachable),
        (OSError("hunter2"), errors.Protocol),
        (IndexError("hunter2"), errors.Protocol),
    ):

        def fail(*_args: t.Any, raised: Exception = raised) -> t.Any:
            raise raised

        monkeypatch.setattr(session, "command", fail)
        with pytest.raises(kind) as caught:
            conversation.status()
        assert "hunter2" not in str(caught.value)
