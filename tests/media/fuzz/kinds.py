"""Every kind of malformed datagram, by name."""

from collections.abc import Callable, Iterator, Sequence

from tests.media.fuzz import malformed

SEED = 20_261_122
DATAGRAMS = ("stun", "dtls", "rtp", "rtcp", "garbage")
KEYED = ("rtp", "rtcp")  # also under the peer's own keys
KINDS = (*DATAGRAMS, "tcp")


def datagrams(
    kind: str, ufrag: str, password: str, ssrcs: Sequence[int], seed: int = SEED
) -> Iterator[bytes]:
    """Without end; for "tcp" pieces of a stream, each a frame or what pretends to be one."""
    makers: dict[str, Callable[[], Iterator[bytes]]] = {
        "stun": lambda: malformed.stun_requests(seed, f"{ufrag}:stranger", password.encode()),
        "dtls": lambda: malformed.dtls_records(seed),
        "rtp": lambda: malformed.rtp_packets(seed, list(ssrcs)),
        "rtcp": lambda: malformed.rtcp_packets(seed, list(ssrcs)),
        "garbage": lambda: malformed.garbage(seed),
    }
    if kind == "tcp":
        return malformed.frames(seed, [make() for make in makers.values()])
    return makers[kind]()
