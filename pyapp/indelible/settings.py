"""Settings, from arguments or the environment (prefix INDELIBLE_, and DATABASE_URL)."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from indelible.models import Durability

Network = IPv4Network | IPv6Network


def networks(value: str | Iterable[object]) -> tuple[Network, ...]:
    """The networks in `10.0.0.0/8, ::1` or in a list of such; ValueError for a host name.

    An IPv4 network written in its mapped form is taken for what it is, as clients' addresses are.
    """
    items = value.split(",") if isinstance(value, str) else [str(item) for item in value]
    return tuple(_unmapped(ip_network(item.strip(), strict=False)) for item in items if item.strip())


def _unmapped(network: Network) -> Network:
    if isinstance(network, IPv6Network) and network.prefixlen >= 96 and network.network_address.ipv4_mapped:
        return ip_network((network.network_address.ipv4_mapped, network.prefixlen - 96))
    return network


class Settings(BaseSettings):
    """What can be set; each field is described where it stands. Times are seconds, sizes bytes."""

    model_config = SettingsConfigDict(
        env_prefix="INDELIBLE_", populate_by_name=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    database_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_URL", "INDELIBLE_DATABASE_URL"),
        description="PostgreSQL for everything that names no DSN of its own.",
    )
    app_dsn: SecretStr | None = Field(default=None, description="Business login: a member of audit_app.")
    audit_dsn: SecretStr | None = Field(
        default=None, description="Login of the independent session: a member of audit_writer and audit_app."
    )
    app_pool_size: int = Field(default=10, ge=1, le=1000, description="Most business connections per process.")
    audit_pool_size: int = Field(
        default=4,
        ge=1,
        le=100,
        description="Most independent connections per process; requests without a user share half of them.",
    )
    transaction_pooling: bool = Field(
        default=False, description="True behind PgBouncer in transaction mode: no prepared statements are kept."
    )
    record_timeout: float = Field(
        default=0.25, gt=0, le=60, description="Longest an event may delay the business, in seconds."
    )
    record_deadline: float = Field(
        default=5.0,
        gt=0,
        le=300,
        description="Longest an event without a spool is tried for in the background, in seconds.",
    )
    record_pending: int = Field(
        default=10_000,
        ge=1,
        le=100_000,
        description="Most events in flight per process; requests without a user have places apart, a quarter as many.",
    )
    durability: Durability = Field(
        default="durable",
        description="What recording waits for: durable (the database or the spool has it), fast (nothing), "
        "fail_closed (the database has it, or the action is refused).",
    )
    spool_dir: Path | None = Field(
        default=None,
        description="Folder on a local disk for events that the database does not take at present; all processes of an "
        "application on a host share it. Without one they are lost after record_deadline.",
    )
    spool_max_bytes: int = Field(
        default=1_073_741_824, ge=1_048_576, description="Largest size of the spool, in bytes."
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(networks)] = Field(
        default=(), description="Networks, comma-separated, whose forwarding header is believed."
    )
    forwarded_header: Literal["x-forwarded-for", "forwarded"] = Field(
        default="x-forwarded-for", description="The one header that trusted proxies write."
    )
    stream_limit: int = Field(
        default=32, ge=0, le=10_000, description="Most live tails of the log per process; more are answered with 503."
    )
    max_body: int = Field(default=65_536, ge=1, le=16_777_216, description="Largest request body read, in bytes.")
    ingest_max_body: int = Field(
        default=1_048_576, ge=1, le=16_777_216, description="Largest body of events of another application, in bytes."
    )
    ingest_pending: int = Field(
        default=32,
        ge=1,
        le=10_000,
        description="Most requests with others' events in flight per process; one account has half of them.",
    )

    def dsn(self, *, independent: bool) -> str | None:
        """The DSN of the independent or of the business session, falling back to `database_url`."""
        chosen = (self.audit_dsn if independent else self.app_dsn) or self.database_url
        return chosen.get_secret_value() if chosen else None
