"""Ways to people besides a browser, as far as this server's settings go."""

from collections.abc import Mapping
from functools import partial

from server.adapters.courier import HttpCourier
from server.adapters.gateway import GatewayCarrier
from server.adapters.mail import SmtpCarrier
from server.adapters.settings import Settings
from server.domain.contact_methods import BY_GATEWAY, Kind
from server.services.contact_messages import ContactMessages
from server.services.engine import Engine, Step
from server.services.ports.clock import Clock
from server.services.ports.contacts import Carrier


def carriers(chosen: Settings) -> Mapping[Kind, Carrier]:
    """Whoever delivers each kind of message; a kind without one is not offered."""
    found: dict[Kind, Carrier] = {}
    if chosen.smtp_host and chosen.smtp_from:
        found[Kind.EMAIL] = SmtpCarrier(
            chosen.smtp_host,
            chosen.smtp_port,
            chosen.smtp_from,
            user=chosen.smtp_user,
            password=chosen.smtp_password,
            security=chosen.smtp_tls,
        )
    if chosen.gateway_url and chosen.gateway_secret:
        courier = HttpCourier(plain=True)  # the setting allows http on private networks alone
        gateway = GatewayCarrier(courier, chosen.gateway_url, chosen.gateway_secret)
        found |= dict.fromkeys(BY_GATEWAY, gateway)
    return found


def engines(
    clock: Clock, messages: ContactMessages, offered: Mapping[Kind, Carrier]
) -> dict[str, Engine]:
    """One for each carrier: a mail server that hangs delays no telephone."""
    made: dict[str, Engine] = {}
    for name, kinds in (("mail", {Kind.EMAIL}), ("gateway", BY_GATEWAY)):
        if offered.keys() & kinds:
            send = partial(messages.send, kinds)
            made[name] = Engine(clock, (Step(name, 1, send),))
    return made
