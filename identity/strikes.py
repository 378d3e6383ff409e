"""How often something happened lately: wrong passwords, wrong codes, asked-for links. Who is kept as a hash."""

import hashlib
from datetime import datetime
from ipaddress import AddressValueError, IPv6Address, IPv6Network
from typing import Any

from models import Strike


def strike(what: str, who: str, now: datetime) -> None:
    """Note that it happened once more. `who` is an address, a person ("user:3") or where from ("ip:…")."""
    Strike.create(what=what, who_sha256=sha256(who), at=now)


def count(what: str, who: str, since: datetime | None = None) -> int:
    """How often it happened after `since`, or ever."""
    return int(_of(what, who, since).count())


def forgive(what: str, who: str) -> None:
    Strike.delete().where(Strike.what == what, Strike.who_sha256 == sha256(who)).execute()


def forget_before(day: datetime) -> int:
    """Returns how many went."""
    return int(Strike.delete().where(Strike.at < day).execute())


def whence(ip: str) -> str:
    """`who` for the network of an address: one IPv6 subscriber has a whole /64 to change addresses in (RFC 6177)."""
    try:
        address = IPv6Address(ip)
    except AddressValueError:
        return f"ip:{ip}"
    return f"ip:{address.ipv4_mapped or IPv6Network((address, 64), strict=False)}"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _of(what: str, who: str, since: datetime | None) -> Any:
    mine = Strike.select().where(Strike.what == what, Strike.who_sha256 == sha256(who))
    return mine if since is None else mine.where(Strike.at > since)
