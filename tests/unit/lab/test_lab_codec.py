"""Bytes of packets and messages, keys and proofs: known answers, round trips, and no crash on any input."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab_kit import PEER, Bench, HandClock
from pm_lab import codec, crypto
from pm_lab.devices import Switch
from pm_lab.supply import Outlet

RECORDED = json.loads(pathlib.Path(__file__).with_name("recorded.json").read_text(encoding="utf-8"))
ASK_CAPABILITIES = bytes.fromhex("0600ff07000000000000000000092018c88100388e04b5")


@pytest.mark.parametrize("client", RECORDED)
def test_a_recorded_client_gets_the_very_answers_with_which_it_worked(client):
    clock = HandClock()
    bench = Bench(Switch(Outlet(clock)), clock)
    for asked, expected in RECORDED[client]:
        answers = []
        bench.agent.send = lambda answer, peer, kept=answers: kept.append(answer.hex())
        bench.agent.receive(bytes.fromhex(asked), PEER)
        assert answers == [expected] * bool(expected)
    assert [done["what"] for done in bench.agent.commands] == ["off"]
    assert bench.agent.sessions_open == 0


def test_a_ping_is_known():
    ping = bytes.fromhex("0600ff06000011be80070000")
    assert codec.parse_ping(ping) == 7
    assert codec.build_pong(7).hex() == "0600ff06000011be40070010000011be000000008100000000000000"


def test_a_request_is_known():
    packet = codec.parse_packet(ASK_CAPABILITIES)
    assert packet.v15
    request = codec.parse_request(packet.payload)
    assert (request.netfn, request.command, request.data) == (0x06, 0x38, b"\x8e\x04")


@pytest.mark.parametrize("position", range(4, len(ASK_CAPABILITIES)))
def test_a_request_that_was_damaged_is_refused(position):
    damaged = bytearray(ASK_CAPABILITIES)
    damaged[position] ^= 0x01
    try:
        packet = codec.parse_packet(bytes(damaged))
    except codec.Malformed:
        return
    if packet.payload != ASK_CAPABILITIES[14:]:
        with pytest.raises(codec.Malformed):
            codec.parse_request(packet.payload)


@pytest.mark.parametrize("length", range(len(ASK_CAPABILITIES)))
def test_a_packet_that_was_cut_short_is_refused(length):
    with pytest.raises(codec.Malformed):
        codec.parse_packet(ASK_CAPABILITIES[:length])


@given(
    st.builds(
        codec.Packet,
        st.binary(max_size=300),
        st.integers(0, 0x3F),
        st.integers(0, 2**32 - 1),
        st.integers(0, 2**32 - 1),
        st.booleans(),
        st.booleans(),
    )
)
def test_a_packet_survives_the_round_trip(packet):
    assert codec.parse_packet(codec.build_packet(packet)) == packet


@given(st.binary(max_size=255), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_an_ipmi_15_packet_survives_the_round_trip(payload, session_id, sequence):
    packet = codec.Packet(payload, codec.IPMI, session_id, sequence, v15=True)
    assert codec.parse_packet(codec.build_packet(packet)) == packet


@pytest.mark.parametrize("suite", crypto.SUITES.values(), ids=str)
@given(message=st.binary(max_size=100), iv=st.binary(min_size=16, max_size=16))
def test_encryption_survives_the_round_trip(suite, message, iv):
    keys = crypto.Keys(suite, b"key")
    assert keys.decrypt(keys.encrypt(message, iv)) == message


@pytest.mark.parametrize("suite", crypto.SUITES.values(), ids=str)
@given(payload=st.binary(max_size=60), damage=st.integers(1, 255), data=st.data())
def test_a_seal_breaks_with_any_byte(suite, payload, damage, data):
    keys = crypto.Keys(suite, b"key")
    sealed = bytearray(keys.seal(codec.build_packet(codec.Packet(payload, authenticated=True))))
    assert keys.is_sealed(bytes(sealed))
    assert (len(sealed) - 4 - suite.proof_length) % 4 == 0
    sealed[data.draw(st.integers(4, len(sealed) - 1))] ^= damage
    assert not keys.is_sealed(bytes(sealed))


@pytest.mark.parametrize("payload", [b"", bytes(16), bytes(33), bytes(32)])
def test_what_was_not_encrypted_is_refused(payload):
    with pytest.raises(codec.Malformed):
        crypto.Keys(crypto.SUITES[3], b"key").decrypt(payload)


def test_hmac_vectors_of_the_rfcs():
    # RFC 2202 and RFC 4231, test case 2
    text = b"what do ya want for nothing?"
    assert crypto.proof(crypto.SUITES[3], b"Jefe", text).hex() == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
    assert crypto.proof(crypto.SUITES[17], b"Jefe", text).hex() == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


@given(st.binary(max_size=80))
def test_no_bytes_make_an_agent_stumble(noise):
    clock = HandClock()
    agent = Bench(Switch(Outlet(clock)), clock).agent
    for kind in (codec.OPEN_REQUEST, codec.RAKP1, codec.RAKP3, codec.IPMI):
        agent.receive(codec.build_packet(codec.Packet(noise, kind)), PEER)
    for start in (b"", codec.RMCP_IPMI, codec.RMCP_IPMI + b"\x06", codec.RMCP_ASF):
        agent.receive(start + noise, PEER)
    assert agent.commands == []
