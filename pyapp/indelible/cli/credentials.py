"""The file credentials.json in the data directory: how to log in to what `demo` and `up` have set up."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from indelible.embedded.files import make_folder, write_private
from indelible.errors import ConfigurationError


@dataclass
class Credentials:
    """Demo `users` (name → password), login `roles` (name → DSN), and where everything is."""

    users: dict[str, str] = field(default_factory=dict, repr=False)
    roles: dict[str, str] = field(default_factory=dict, repr=False)
    api_keys: dict[str, str] = field(default_factory=dict, repr=False)
    base_url: str = ""
    admin_dsn: str = field(default="", repr=False)

    @classmethod
    def read(cls, data_dir: Path) -> "Credentials":
        """Those of an earlier start, so that passwords stay the same; empty ones if there was none."""
        path = data_dir / "credentials.json"
        try:
            known = json.loads(path.read_text())
            return cls(**{name: known[name] for name in cls.__dataclass_fields__ if name in known})
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, TypeError) as error:
            raise ConfigurationError(f"{path} cannot be read: remove it, and new passwords are made.") from error

    def write(self, data_dir: Path) -> Path:
        """Write credentials.json, and a password file for psql beside it; both are read by their owner alone."""
        folder = make_folder(data_dir)
        write_private(folder / "pgpass", "".join(_pgpass_line(dsn) for dsn in self.roles.values()))
        write_private(folder / "credentials.json", json.dumps(asdict(self), indent=2) + "\n")
        return folder / "credentials.json"

    def password_of_user(self, name: str) -> str:
        """The password of a demo user, made on first use."""
        return self.users.setdefault(name, secrets.token_urlsafe(15))

    def password_of_role(self, name: str) -> str:
        """The password in the DSN of a login role, made on first use."""
        known = conninfo_to_dict(self.roles[name]).get("password") if name in self.roles else None
        return str(known or secrets.token_urlsafe(24))


def _pgpass_line(dsn: str) -> str:
    parts: Mapping[str, object] = conninfo_to_dict(dsn)
    fields = [str(parts.get(name, "*")) for name in ("host", "port", "dbname", "user", "password")]
    return ":".join(text.replace("\\", "\\\\").replace(":", "\\:") for text in fields) + "\n"
