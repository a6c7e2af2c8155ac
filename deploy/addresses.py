"""The addresses and names by which this machine is reached."""

import ipaddress
import socket

import ifaddr

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def local_addresses() -> list[Address]:
    """Return the machine's addresses, link-local ones left out, loopback last."""
    found: set[Address] = set()
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            text = entry.ip if isinstance(entry.ip, str) else entry.ip[0]
            found.add(ipaddress.ip_address(text))
    usable = [address for address in found if not address.is_link_local]
    return sorted(usable, key=lambda address: (address.is_loopback, address.version, address))


def names_and_addresses() -> list[str]:
    """Return all that a certificate for this machine must name."""
    names = dict.fromkeys(["localhost", socket.gethostname().lower()])
    return [*filter(None, names), *map(str, local_addresses())]


def reachable() -> list[str]:
    """Return the hosts to show to people on the network, ready to stand in a URL."""
    outside = [address for address in local_addresses() if not address.is_loopback]
    return [f"[{address}]" if address.version == 6 else str(address) for address in outside]
