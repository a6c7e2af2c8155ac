"""One source of a peer: its layers, and what of them is wanted."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from media.protocol import AUDIO_SOURCES, EncodingsWanted, Source
from media.rtp.codecs import CODECS
from media.rtp.demand import Demand
from media.worker.hub import Hub
from media.worker.layer import SILENT, Layer
from media.worker.sdp import Chosen

if TYPE_CHECKING:
    from media.worker.publication import Publication

STALLED_S = 0.4  # without a packet while a sibling has had one
SILENT_S = 1.0
GUESSED_SIZE = (1280, 720)  # of the largest layer until a keyframe told
ENLARGED_MAX = 1.25  # how much a layer may be stretched to fill its tile


class View(Protocol):
    """Somebody who takes one of the layers."""

    @property
    def wanted(self) -> int | None:
        """The highest layer that is worth having, None for none."""

    @property
    def fraction_lost(self) -> int:
        """1/256 of what went out and never arrived."""

    def layers_changed(self, now: float) -> None:
        """A layer came, went or changed its size."""


class Producer:
    """Its layers are encodings of the same pictures, the smallest first."""

    def __init__(
        self,
        hub: Hub,
        publication: "Publication",
        room: str,
        peer: str,
        source: str,
        codecs: Chosen,
        rids: Sequence[str] = (),
    ) -> None:
        self._hub = hub
        self.publication = publication
        self.room = room
        self.peer = peer
        self.source = source
        self.is_video = source not in AUDIO_SOURCES
        self.is_screen = source == Source.SCREEN
        self.is_dominant = False  # its person has the floor
        self.is_muted = False
        self.views: list[View] = []
        self._take(codecs)
        self.rids = tuple(rids)
        self.layers = [Layer(hub, self, i, rid) for i, rid in enumerate(rids or ("",))]
        self._demand = Demand(len(self.layers))
        hub.producers.add(self)

    def recode(self, codecs: Chosen) -> None:
        """Take the payload types of a new negotiation."""
        self._take(codecs)
        for layer in self.layers:
            layer.recode()

    def is_continued(self, codecs: Chosen, rids: Sequence[str]) -> bool:
        """Whether a new negotiation is about the same encodings."""
        return codecs.primary.name == self.codec_name and tuple(rids) == self.rids

    def _take(self, codecs: Chosen) -> None:
        self.payload_type = codecs.primary.payload_type
        self.rtx_payload_type = codecs.rtx.payload_type if codecs.rtx else -1
        self.clock_rate = codecs.primary.clock_rate
        self.codec_name = codecs.primary.name
        self.codec = CODECS[self.codec_name]
        self.fmtp = codecs.primary.fmtp

    def layer(self, rid: str) -> Layer | None:
        """The layer of this rid; of a source sent once, its only one."""
        if not self.rids:
            return self.layers[0]
        return self.layers[self.rids.index(rid)] if rid in self.rids else None

    @property
    def active(self) -> list[Layer]:
        """The layers that arrive now."""
        return [layer for layer in self.layers if layer.is_active]

    # --- figures of all layers ---

    @property
    def expected(self) -> int:
        """Packets that the sender numbered."""
        return sum(layer.reception.expected for layer in self.layers)

    @property
    def received(self) -> int:
        """Packets that came."""
        return sum(layer.reception.received for layer in self.layers)

    @property
    def bytes(self) -> int:
        """Payload that came."""
        return sum(layer.reception.bytes for layer in self.layers)

    @property
    def jitter(self) -> float:
        """The worst of the layers that arrive now, in timestamp units."""
        return max((layer.reception.jitter for layer in self.active), default=0.0)

    @property
    def loss_beyond(self) -> int:
        """1/256 that the worst listener loses: the encoder's redundancy is sized for them too."""
        return 0 if self.is_video else max((view.fraction_lost for view in self.views), default=0)

    def take_loudest(self) -> int:
        """The loudest level since the last call, -dBov."""
        layer = self.layers[0]
        loudest, layer.loudest = layer.loudest, SILENT
        return loudest

    # --- layers that come and go ---

    def look(self, now: float) -> None:
        """Notice layers that stopped, measure the others, tell what is wanted."""
        latest = max(layer.last_at for layer in self.layers)
        is_changed = False
        for layer in self.layers:
            layer.look(now)
            if layer.is_active and self._is_silent(layer, latest, now):
                layer.fall_silent()
                is_changed = True
        if is_changed:
            self.changed(now)
        self.tell_demand(now)

    def _is_silent(self, layer: Layer, latest: float, now: float) -> bool:
        silent_s = now - layer.last_at
        return silent_s > SILENT_S or (silent_s > STALLED_S and latest - layer.last_at > STALLED_S)

    def changed(self, now: float) -> None:
        """Let every view choose anew."""
        for view in list(self.views):
            view.layers_changed(now)

    def size(self, index: int) -> tuple[int, int]:
        """Width and height of a layer, guessed from the others until known."""
        for layer in sorted(self.layers, key=lambda layer: abs(layer.index - index)):
            if layer.width:
                scale = 2.0 ** (index - layer.index)
                return round(layer.width * scale), round(layer.height * scale)
        scale = 2.0 ** (index - len(self.layers) + 1)
        return round(GUESSED_SIZE[0] * scale), round(GUESSED_SIZE[1] * scale)

    def fitting(self, width: int, height: int) -> int:
        """The smallest layer that fills a tile of this many pixels without being blurred."""
        for layer in self.layers:
            own_width, own_height = self.size(layer.index)
            if min(width / own_width, height / own_height) <= ENLARGED_MAX:
                return layer.index
        return len(self.layers) - 1

    def tell_demand(self, now: float) -> None:
        """Tell the publisher how many of its layers anybody wants."""
        if not self.is_video:
            return
        wanted = [view.wanted for view in self.views]
        count = max((index + 1 for index in wanted if index is not None), default=0)
        if self._demand.look(count, now):
            told = EncodingsWanted(self.room, self.peer, self.source, self._demand.told)
            self._hub.emit(told)

    # --- life ---

    def request_keyframes(self, now: float) -> None:
        """Of every layer, as after the connection was secured."""
        for layer in self.layers:
            layer.request_keyframe(now)

    def mute(self, is_muted: bool, now: float) -> None:
        """Enforced: no packet of this source goes further while muted."""
        if is_muted == self.is_muted:
            return
        self.is_muted = is_muted
        for layer in self.layers:
            layer.is_muted = is_muted
            layer.loudest = SILENT
            layer.restart()
            if not is_muted and layer.waiting:
                layer.request_keyframe(now)

    def close(self) -> None:
        """Ask for nothing more; idempotent."""
        self._hub.producers.discard(self)
        self.views.clear()
        for layer in self.layers:
            layer.close()
