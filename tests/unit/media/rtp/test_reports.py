"""RTCP is written so that an independent reader agrees, and read without surprise."""

import contextlib
import struct

import pytest
from aiortc import rtp as oracle
from hypothesis import given
from hypothesis import strategies as st

from media.rtp import rtcp
from media.rtp.reception import Reception, ReportBlock

U32 = st.integers(0, 0xFFFFFFFF)
BLOCKS = st.builds(
    ReportBlock,
    ssrc=U32,
    fraction_lost=st.integers(0, 255),
    lost=st.integers(-0x800000, 0x7FFFFF),
    highest=U32,
    jitter=U32,
    last_sr=U32,
    delay=U32,
)


@given(sender=U32, blocks=st.lists(BLOCKS, max_size=31))
def test_receiver_reports(sender: int, blocks: list[ReportBlock]) -> None:
    compound = rtcp.receiver_report(sender, blocks)
    (theirs,) = oracle.RtcpPacket.parse(compound)
    assert isinstance(theirs, oracle.RtcpRrPacket)
    assert theirs.ssrc == sender
    assert [(r.ssrc, r.packets_lost, r.dlsr) for r in theirs.reports] == [
        (block.ssrc, block.lost, block.delay) for block in blocks
    ]
    (ours,) = rtcp.parse(compound)
    assert rtcp.report_blocks(ours) == blocks


@given(ssrc=U32, ntp=st.integers(0, (1 << 64) - 1), timestamp=U32)
def test_sender_reports(ssrc: int, ntp: int, timestamp: int) -> None:
    compound = rtcp.sender_report(ssrc, ntp, timestamp, 1 << 33 | 5, 7)
    compound += rtcp.sdes_cname(ssrc, "anna")
    report, description = oracle.RtcpPacket.parse(compound)
    assert isinstance(report, oracle.RtcpSrPacket)
    assert isinstance(description, oracle.RtcpSdesPacket)
    info = report.sender_info
    assert (info.ntp_timestamp, info.rtp_timestamp, info.packet_count) == (ntp, timestamp, 5)
    assert description.chunks[0].items == [(1, b"anna")]
    ours = next(rtcp.parse(compound))
    assert rtcp.sender_info(ours) == (ssrc, ntp, timestamp)
    assert rtcp.report_blocks(ours) == []


@given(sequences=st.sets(st.integers(0, 3000), min_size=1, max_size=40), base=st.integers(0, 65535))
def test_nacks(sequences: set[int], base: int) -> None:
    wanted = [(base + sequence) & 0xFFFF for sequence in sorted(sequences)]
    compound = rtcp.nack(1, 2, wanted)
    (theirs,) = oracle.RtcpPacket.parse(compound)
    assert isinstance(theirs, oracle.RtcpRtpfbPacket)
    assert [sequence & 0xFFFF for sequence in theirs.lost] == wanted
    (ours,) = rtcp.parse(compound)
    assert rtcp.nacked(ours) == wanted
    assert rtcp.feedback_target(ours) == 2


def test_keyframe_requests() -> None:
    (ours,) = rtcp.parse(rtcp.pli(1, 9))
    assert (ours.kind, ours.count, rtcp.feedback_target(ours)) == (rtcp.PSFB, rtcp.PLI, 9)
    fir = rtcp.packet(rtcp.PSFB, rtcp.FIR, struct.pack("!IIIIII", 1, 0, 9, 1 << 24, 10, 2 << 24))
    assert rtcp.fir_targets(next(rtcp.parse(fir))) == [9, 10]


@given(bitrate=st.integers(0, 1 << 40), ssrcs=st.lists(U32, min_size=1, max_size=5))
def test_bitrate_estimates(bitrate: int, ssrcs: list[int]) -> None:
    (theirs,) = oracle.RtcpPacket.parse(rtcp.remb(1, bitrate, ssrcs))
    assert isinstance(theirs, oracle.RtcpPsfbPacket)
    estimate, about = oracle.unpack_remb_fci(theirs.fci)
    assert about == ssrcs
    assert bitrate * 0.99 <= estimate <= bitrate


def test_feedback_is_wrapped() -> None:
    (ours,) = rtcp.parse(rtcp.transport_cc(1, 9, bytes(8)))
    assert (ours.kind, ours.count, ours.body[8:]) == (rtcp.RTPFB, rtcp.TRANSPORT_CC, bytes(8))


@pytest.mark.parametrize(
    "compound", [b"\x80", b"\x00\xc8\x00\x00", b"\x80\xc8\x00\x01", b"\x80\xc8\x00\x00\x80"]
)
def test_truncated_compounds_are_refused(compound: bytes) -> None:
    with pytest.raises(ValueError, match="RTCP"):
        list(rtcp.parse(compound))


def test_truncated_packets_are_refused() -> None:
    short = rtcp.Packet(rtcp.RR, 1, bytes(8))
    for read in (rtcp.sender_info, rtcp.report_blocks):
        with pytest.raises(ValueError, match="cut short"):
            read(short)
    with pytest.raises(ValueError, match="cut short"):
        rtcp.feedback_target(rtcp.Packet(rtcp.RTPFB, 1, bytes(4)))


@given(st.binary(max_size=120))
def test_no_compound_surprises_the_reader(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        for packet in rtcp.parse(data):
            for read in (rtcp.nacked, rtcp.fir_targets, rtcp.report_blocks, rtcp.sender_info):
                with contextlib.suppress(ValueError):
                    read(packet)


def test_reception_counts_loss_since_the_last_report() -> None:
    reception = Reception(90000)
    assert reception.report(5, 0.0) == ReportBlock(5, 0, 0, 0, 0, 0, 0)
    for index in (100, 101, 103, 104):
        reception.add(index, 0, 1000, 0.0)
    block = reception.report(5, 1.0)
    assert (block.lost, block.fraction_lost, block.highest) == (1, 256 // 5, 104)
    reception.add(105, 0, 1000, 0.0)
    reception.add(102, 0, 1000, 0.0)  # late
    block = reception.report(5, 2.0)
    assert (block.lost, block.fraction_lost) == (0, 0)
    assert reception.bytes == 6000
    reception.add(99, 0, 1000, 0.0)  # older than the first
    assert reception.expected == 7


def test_reception_measures_jitter_but_no_new_timeline() -> None:
    reception = Reception(48000)
    for index in range(200):
        late = 0.010 if index % 2 else 0.0
        reception.add(index, index * 960, 100, index * 0.020 + late)
    assert 300 < reception.jitter < 600
    before = reception.jitter
    reception.add(200, 0x7FFFFFFF, 100, 4.0)
    assert reception.jitter == before


def test_reports_tell_the_delay_since_the_senders() -> None:
    reception = Reception(48000)
    reception.sender_report(0x1234_5678_9ABC_DEF0, 10.0)
    block = reception.report(5, 10.5)
    assert (block.last_sr, block.delay) == (0x56789ABC, 32768)


def test_what_a_listener_loses_is_told_where_it_is_more_than_our_own() -> None:
    reception = Reception(48_000)
    for index in range(100):
        if index % 10:  # a tenth never comes
            reception.add(index, index * 960, 80, index * 0.02)
    worse = reception.report(7, 2.0, beyond=64)
    assert worse.fraction_lost == pytest.approx(64, abs=2)
    assert worse.lost == 24
    for index in range(100, 200):
        reception.add(index, index * 960, 80, index * 0.02)
    healed = reception.report(7, 4.0)
    assert (healed.fraction_lost, healed.lost) == (0, 24), "the total never falls"
