"""What clients send on `/room` and `/alerts` (docs/protocol.md §5, §8), parsed once."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from server.domain.access import Source
from server.domain.call_quality import LinkPath, Told
from signaling.limits import Kind

SDP_CHARS = 64 * 1024
SEQ_MAX = 2**31 - 1
SOURCES_MAX = 16
TILES_MAX = 128
ENVELOPES_MAX = 64

Id = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[!-~]+$")]
Token = Annotated[str, StringConstraints(max_length=4096, pattern=r"^[\w.-]*$")]
Sdp = Annotated[str, StringConstraints(min_length=1, max_length=SDP_CHARS)]
Mid = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=r"^[!-~]+$")]
Seq = Annotated[int, Field(ge=0, le=SEQ_MAX)]
Height = Annotated[int, Field(ge=1, le=16_384)]
Pixels = Annotated[int, Field(ge=1, le=16_384)]
Envelope = Annotated[str, StringConstraints(min_length=1, max_length=1024, pattern=r"^[\w.-]+$")]
Text = Annotated[str, StringConstraints(max_length=16_000)]


class Payload(BaseModel):
    """A payload: exact types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @classmethod
    def parse(cls, data: Any) -> Self:
        """Validate. Raises ValidationError."""
        return cls.model_validate(data)


class Connect(Payload):
    """`auth` of the connection: an access token, or a guest's room token."""

    token: Token
    device: Id


class Command(Payload):
    """An event that is acknowledged; the handler's method has its name."""

    event: ClassVar[str]
    kind: ClassVar[Kind]


class InRoom(Command):
    """An event about a room that was joined."""

    room: Id


class RefreshToken(Command):
    """A fresh token of the same session."""

    event = "token"
    kind = Kind.ENTRY
    token: Token


class Join(Command):
    """Enter the room of a room token."""

    event = "join"
    kind = Kind.ENTRY
    token: Token
    peer: Id | None = None
    """Whom to go on as, after the socket was lost."""


class Leave(InRoom):
    """Leave a room."""

    event = "leave"
    kind = Kind.ENTRY


class RefreshRoomToken(InRoom):
    """A fresh token of a joined room."""

    event = "room.token"
    kind = Kind.ENTRY
    token: Token


class BeginTrial(Command):
    """Try the connection."""

    event = "trial.begin"
    kind = Kind.TRIAL


class OfferTrial(Command):
    """What the trial sends."""

    event = "trial.offer"
    kind = Kind.MEDIA
    trial: Id
    sdp: Sdp
    sources: Annotated[dict[Mid, Annotated[Source, Field(strict=False)]], Field(max_length=2)]


class AnswerTrial(Command):
    """The answer to what comes back."""

    event = "trial.answer"
    kind = Kind.MEDIA
    trial: Id
    negotiation: Seq
    sdp: Sdp


class EndTrial(Command):
    """End this socket's trial."""

    event = "trial.end"
    kind = Kind.MEDIA


class RenewIce(InRoom):
    """Ask for fresh credentials of the relay."""

    event = "ice"
    kind = Kind.MEDIA


class SendMessage(InRoom):
    """A message; `client_id` makes it idempotent."""

    event = "message.send"
    kind = Kind.CHAT
    client_id: Id
    text: Text
    urgent: bool = False


class EditMessage(InRoom):
    """Other words for one's own message."""

    event = "message.edit"
    kind = Kind.CHAT
    message: Seq
    text: Text


class DeleteMessage(InRoom):
    """Erase a message."""

    event = "message.delete"
    kind = Kind.CHAT
    message: Seq


class AdvanceReceipt(InRoom):
    """The highest contiguous event that arrived, and that was read."""

    event = "receipt"
    kind = Kind.STATE
    delivered: Seq | None = None
    read: Seq | None = None


class Typing(InRoom):
    """Whether one is writing."""

    event = "typing"
    kind = Kind.STATE
    typing: bool


class RaiseHand(InRoom):
    """Whether one asks for the floor."""

    event = "hand"
    kind = Kind.STATE
    raised: bool


class JoinCall(InRoom):
    """Enter the call."""

    event = "call.join"
    kind = Kind.MEDIA


class LeaveCall(InRoom):
    """Leave the call."""

    event = "call.leave"
    kind = Kind.MEDIA


class PublishOffer(InRoom):
    """The publish connection's offer."""

    event = "publish.offer"
    kind = Kind.MEDIA
    sdp: Sdp
    sources: Annotated[
        dict[Mid, Annotated[Source, Field(strict=False)]], Field(max_length=SOURCES_MAX)
    ]


class SubscribeAnswer(InRoom):
    """The answer to a `subscribe.offer`."""

    event = "subscribe.answer"
    kind = Kind.MEDIA
    negotiation: Seq
    sdp: Sdp


class RestartSubscribe(InRoom):
    """Ask for a fresh `subscribe.offer`."""

    event = "subscribe.restart"
    kind = Kind.MEDIA


class Tile(Payload):
    """A video and the size it is shown at, in pixels of the screen."""

    peer: Id
    source: Annotated[Source, Field(strict=False)]
    width: Pixels
    height: Pixels


class ShowView(InRoom):
    """Every video in view: the others pause."""

    event = "view"
    kind = Kind.STATE
    tiles: Annotated[list[Tile], Field(max_length=TILES_MAX)]


class Mute(InRoom):
    """Mute one's own source."""

    event = "mute"
    kind = Kind.STATE
    source: Annotated[Source, Field(strict=False)]
    muted: bool


class TellQuality(InRoom):
    """What only this device knows of its link, of the time since it last told."""

    event = "quality.tell"
    kind = Kind.REPORT
    path: Annotated[LinkPath, Field(strict=False)] | None = None
    height_up: Height | None = None
    height_down: Height | None = None
    freezes: Annotated[int, Field(ge=0, le=600)] = 0
    frozen_s: Annotated[float, Field(ge=0, le=60, strict=False)] = 0.0

    def to_told(self) -> Told:
        """As the domain has it."""
        return Told(self.path, self.height_up, self.height_down, self.freezes, self.frozen_s)


class SendKeys(InRoom):
    """What other devices in the call may open, and nobody else."""

    event = "keys.send"
    kind = Kind.KEYS
    envelopes: Annotated[dict[Id, Envelope], Field(min_length=1, max_length=ENVELOPES_MAX)]


class ModerateMute(InRoom):
    """Mute somebody else's source."""

    event = "moderate.mute"
    kind = Kind.MODERATION
    peer: Id
    source: Annotated[Source, Field(strict=False)]


class ModerateRemove(InRoom):
    """Remove somebody."""

    event = "moderate.remove"
    kind = Kind.MODERATION
    person: Id


class ModerateLock(InRoom):
    """Lock or unlock the entrance."""

    event = "moderate.lock"
    kind = Kind.MODERATION
    locked: bool


class AdmitPerson(InRoom):
    """Let somebody in from the lobby."""

    event = "lobby.admit"
    kind = Kind.MODERATION
    person: Id


class RefusePerson(InRoom):
    """Turn somebody away from the lobby."""

    event = "lobby.refuse"
    kind = Kind.MODERATION
    person: Id


def _commands(root: type[Command]) -> dict[str, type[Command]]:
    found: dict[str, type[Command]] = {}
    for kind in root.__subclasses__():
        found |= _commands(kind)
        if "event" in vars(kind):
            found[kind.event] = kind
    return found


COMMANDS = _commands(Command)
