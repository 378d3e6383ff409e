"""Every setting of one running Evenly: its name, its default, what it is for.

They come from the environment, once, at start. What a practice may change for itself is a column of `Practice`.
"""

import base64
import binascii
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

Words = tuple[str, ...]
Mode = Literal["demo", "production", "test"]
BraintreeEnvironment = Literal["loopback", "sandbox", "production"]

DEMO_SECRET = "this key signs demo cookies and nothing else"
SHORTEST_SECRET = 32
DEMO_DATA_KEY = "dGhpcyBrZXkgb3BlbnMgdGhlIGRlbW8sIG5vIG1vcmU="
DATA_KEY_BYTES = 32
DATA_KEY_ADVICE = "Make one with: openssl rand -base64 32"
FIXTURE_KEYS = ("integration_merchant_id", "integration_public_key", "integration_private_key")
FIXTURE_PREFIXES = ("integration_", "processing_rules_")
PORTS = range(1, 65_536)
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
SECRET_ADVICE = 'Make one with: python3 -c "import secrets; print(secrets.token_hex(32))"'


class SettingError(ValueError):
    """A variable of the environment holds something its setting cannot take; the message is the sentence to show."""


def setting(
    default: Any, doc: str, *, env: Words = (), choices: Words = (), numbers: range | None = None, secret: bool = False
) -> Any:
    """A field read from the variable of its own name in capitals, or from the first of `env` that is set."""
    about = {"doc": doc, "env": env, "choices": choices, "numbers": numbers}
    return field(default=default, repr=not secret, metadata=about)


@dataclass(frozen=True, slots=True)
class Settings:
    """What one process runs with. `Settings()` is the demo."""

    mode: Mode = setting(
        "demo",
        "What this process is for. `./evenly serve` is always production.",
        choices=("demo", "production", "test"),
    )
    database: Path = setting(Path("var/evenly.sqlite"), "The practice's one database file.")
    secret_key: str = setting(
        DEMO_SECRET,
        f"Signs cookies and links; at least {SHORTEST_SECRET} characters, kept out of the database.",
        secret=True,
    )
    data_keys: str = setting(
        DEMO_DATA_KEY,
        "Master keys that open birth dates, addresses, diagnoses, notes and papers in the database, and its backups: "
        "32 bytes in base64 each, the current one first, others after commas. Without them all that is lost.",
        secret=True,
    )
    data_key_file: str = setting(
        "", "A file with the master keys instead, one a line; read again when needed, so keys change without a restart."
    )
    backup_folder: str = setting(
        "", "A folder for a sealed copy of the database each day, kept 35 days; better one on another machine."
    )
    public_url: str = setting(
        "http://localhost:8000",
        "Where clients reach the portal; written into messages and links. Passkeys work under its name alone.",
    )
    host: str = setting("127.0.0.1", "The address to listen on; 0.0.0.0 inside a container.")
    port: int = setting(8000, "The port to listen on.", numbers=PORTS)
    threads: int = setting(8, "How many requests are answered at the same time.", numbers=range(1, 257))
    trusted_proxies: int = setting(
        0,
        "How many reverse proxies stand in front; their word for the client's address is believed.",
        numbers=range(10),
    )
    log_level: str = setting("INFO", "How much is logged.", choices=("DEBUG", "INFO", "WARNING", "ERROR"))

    braintree_environment: BraintreeEnvironment = setting(
        "loopback",
        "`production` takes real money, `sandbox` is Braintree's own trial, `loopback` the sandbox built into Evenly.",
        choices=("loopback", "sandbox", "production"),
    )
    braintree_merchant_id: str = setting(FIXTURE_KEYS[0], "The merchant ID from Braintree's control panel.")
    braintree_public_key: str = setting(FIXTURE_KEYS[1], "The public key from Braintree's control panel.")
    braintree_private_key: str = setting(
        FIXTURE_KEYS[2], "The private key from Braintree's control panel.", secret=True
    )
    braintree_merchant_account: str = setting(
        "", "The merchant account ID to pay into, where Braintree keeps more than one for you; else empty."
    )
    braintree_request_keys: bool = setting(
        False,
        "Send a request key with every charge, so that a saved card may be charged again after a lost answer. "
        "Only once Braintree has confirmed request keys for your account.",
    )
    gateway_port: int = setting(3000, "The port of the built-in sandbox when it runs by itself.")
    sandbox_database: Path = setting(
        Path("var/sandbox.sqlite"), "The file in which the built-in sandbox keeps its own books."
    )
    unknown_close_after: timedelta = setting(
        timedelta(hours=24), "How long the processor is asked about a payment nobody has heard of, before it is closed."
    )

    mail_host: str = setting(
        "", "The mail server that sends receipts and notices. The demo keeps its mail at `/dev/outbox`."
    )
    mail_port: int = setting(587, "The port of the mail server.", numbers=PORTS)
    mail_user: str = setting("", "The name to sign in to the mail server with, if it asks for one.")
    mail_password: str = setting("", "The password for `MAIL_USER`.", secret=True)
    mail_from: str = setting("", "The address that receipts and notices come from.")
    mail_tls: bool = setting(
        True, "Encrypt the way to the mail server: from the first byte on port 465, else by STARTTLS."
    )

    idle_timeout: timedelta = setting(timedelta(minutes=15), "How long someone may be away before being signed out.")
    session_timeout: timedelta = setting(timedelta(hours=12), "How long a sign-in lasts at most.")
    debug: bool = setting(
        False, "Flask's debugger, which runs code for anyone; production refuses it.", env=("FLASK_DEBUG",)
    )
    http_proxy: str = setting(
        "",
        "A proxy for outgoing requests. The built-in sandbox refuses one: it would see every call.",
        env=("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"),
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "public_url", self.public_url.rstrip("/"))  # what follows it begins with one

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """The settings that `environ` asks for; what it leaves out or empty keeps its default.

        Raises:
            SettingError: a value of the wrong kind, named in the sentence.
        """
        found = [(each, _first_set(variables(each), environ)) for each in fields(cls)]
        return cls(**{each.name: _read(each, name, environ[name]) for each, name in found if name})

    @property
    def https(self) -> bool:
        """Whether browsers reach the portal encrypted, so that cookies can be held to it."""
        return urlsplit(self.public_url).scheme == "https"

    def master_keys(self) -> list[bytes]:
        """The master keys, the current one first; from the file if one is named, read now.

        Raises:
            SettingError: no key, one that is not 32 bytes of base64, or no such file.
        """
        keys = [_data_key(text, name) for name, text in self._data_keys()]
        if not keys:
            raise SettingError(f"DATA_KEYS and DATA_KEY_FILE name no key. {DATA_KEY_ADVICE}")
        return keys

    def _data_keys(self) -> Iterator[tuple[str, str]]:
        name, text = "DATA_KEYS", self.data_keys
        if self.data_key_file:
            name, text = "DATA_KEY_FILE", _key_file(self.data_key_file)
        yield from ((name, word) for word in re.split(r"[\s,]+", text) if word)

    def problems(self) -> list[str]:
        """Why this process must not start, a sentence each; empty when it may."""
        checks = [_proxy_problems]
        if self.mode == "production":
            checks += [_secret_problems, data_key_problems, _address_problems, _braintree_problems, _mail_problems]
        return [problem for check in checks for problem in check(self)]


DEMO = Settings()


def variables(setting_field: "Field[Any]") -> Words:
    """The environment variables that set this field; the first is the one to document."""
    named: Words = setting_field.metadata["env"]
    return named or (setting_field.name.upper(),)


def _first_set(names: Words, environ: Mapping[str, str]) -> str | None:
    return next((name for name in names if environ.get(name)), None)


def _read(setting_field: "Field[Any]", name: str, text: str) -> Any:
    choices: Words = setting_field.metadata["choices"]
    if choices and text not in choices:
        raise SettingError(f"{name} is one of {', '.join(choices)}; it is set to {text!r}.")
    kind, numbers = type(setting_field.default), setting_field.metadata["numbers"]
    try:
        value = READERS.get(kind, kind)(text)
    except ValueError:
        raise SettingError(f"{name} takes {KINDS[kind]}; it is set to {text!r}.") from None
    if numbers and value not in numbers:
        raise SettingError(f"{name} is from {numbers[0]} to {numbers[-1]}; it is set to {text!r}.")
    return value


def _duration(text: str) -> timedelta:
    parts = re.fullmatch(r"([1-9]\d{0,5})([smhd])", text)
    if parts is None:
        raise ValueError(text)
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[parts[2]]
    return timedelta(**{unit: int(parts[1])})


def _switch(text: str) -> bool:
    switches = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in switches:
        raise ValueError(text)
    return switches[text.lower()]


READERS: dict[type, Callable[[str], Any]] = {bool: _switch, timedelta: _duration}
KINDS: dict[type, str] = {int: "a whole number", bool: "1 or 0", timedelta: "a time such as 30s, 15m, 24h or 7d"}


def _proxy_problems(settings: Settings) -> Iterator[str]:
    if settings.http_proxy and settings.braintree_environment == "loopback":
        yield (
            "HTTP_PROXY or ALL_PROXY is set, and the processor's library would send even calls to this machine "
            "through it. Unset it to use the built-in sandbox."
        )


def _secret_problems(settings: Settings) -> Iterator[str]:
    if settings.secret_key == DEMO_SECRET:
        yield f"SECRET_KEY is not set. {SECRET_ADVICE}"
    elif len(settings.secret_key) < SHORTEST_SECRET:
        yield f"SECRET_KEY is shorter than {SHORTEST_SECRET} characters. {SECRET_ADVICE}"
    if settings.debug:
        yield "FLASK_DEBUG is on. Its debugger lets anyone run code on this machine; unset it."


def _key_file(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise SettingError(f"DATA_KEY_FILE is {path}, which cannot be read.") from None


def _data_key(text: str, name: str) -> bytes:
    """Raises SettingError without telling what was there."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != DATA_KEY_BYTES:
        raise SettingError(f"{name} holds something that is not {DATA_KEY_BYTES} bytes in base64. {DATA_KEY_ADVICE}")
    return key


def data_key_problems(settings: Settings) -> Iterator[str]:
    """Why a real practice must not be sealed with these master keys, a sentence each."""
    try:
        keys = settings.master_keys()
    except SettingError as error:
        yield str(error)
        return
    if base64.b64decode(DEMO_DATA_KEY) in keys:
        yield f"DATA_KEYS is not set, or holds the demo's key, which everyone has. {DATA_KEY_ADVICE}"
    file = settings.data_key_file
    if file and Path(file).stat().st_mode & stat.S_IRWXO:
        yield f"DATA_KEY_FILE is {file}, which is not kept from others on this machine. Run: chmod 600 {file}"


def _address_problems(settings: Settings) -> Iterator[str]:
    address = urlsplit(settings.public_url)
    if settings.public_url == DEMO.public_url:
        yield "PUBLIC_URL is not set. Name the address at which clients reach the portal, such as https://pay.example.com."
    elif address.scheme not in ("http", "https") or not address.hostname:
        yield f"PUBLIC_URL must be a whole address such as https://pay.example.com; it is {settings.public_url!r}."
    elif address.scheme == "http" and address.hostname not in LOOPBACK_HOSTS:
        yield f"PUBLIC_URL is {settings.public_url}, which is not encrypted. Use an address that begins with https://."
    elif address.path or address.query or address.fragment:
        yield f"PUBLIC_URL is {settings.public_url}, which goes on after the name. The portal needs a name of its own."


def _braintree_problems(settings: Settings) -> Iterator[str]:
    keys = (settings.braintree_merchant_id, settings.braintree_public_key, settings.braintree_private_key)
    if settings.braintree_environment == "loopback":
        yield "BRAINTREE_ENVIRONMENT is loopback, which takes no real money. Set it to production (or sandbox to try)."
    names = ("BRAINTREE_MERCHANT_ID", "BRAINTREE_PUBLIC_KEY", "BRAINTREE_PRIVATE_KEY")
    unset = [name for name, key in zip(names, keys, strict=True) if not key or key.startswith(FIXTURE_PREFIXES)]
    if unset:
        yield f"{', '.join(unset)} hold no keys but the built-in sandbox's. Copy yours from Braintree's control panel."


def _mail_problems(settings: Settings) -> Iterator[str]:
    if not settings.mail_host:
        yield "MAIL_HOST is not set, so receipts and notices could not be sent. Name your mail server."
    if not settings.mail_from:
        yield "MAIL_FROM is not set. Name the address that receipts and notices come from."
    elif not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", settings.mail_from):
        yield f"MAIL_FROM is {settings.mail_from!r}, which is no address. Write only the address, without a name."
