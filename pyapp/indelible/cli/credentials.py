"""The file credentials.json in the data directory: how to log in to what `demo` and `up` have set up."""

import json
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from indelible.embedded.files import make_folder, own_folder, writable_by_others, write_private_in
from indelible.errors import ConfigurationError


@dataclass
class Credentials:
    """Demo `users` (name → password), login `roles` (name → DSN), and where everything is.

    `passwords_set` has the moment of the event, in microseconds, by which each user got that password; `tlog` the name
    of the transparency log (`origin`) and the public key that verifies it (`vkey`).
    """

    users: dict[str, str] = field(default_factory=dict, repr=False)
    roles: dict[str, str] = field(default_factory=dict, repr=False)
    api_keys: dict[str, str] = field(default_factory=dict, repr=False)
    base_url: str = ""
    admin_dsn: str = field(default="", repr=False)
    passwords_set: dict[str, int] = field(default_factory=dict)
    tlog: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, data_dir: Path, name: str = "credentials.json") -> "Credentials":
        """Those of an earlier start, so that passwords stay the same; empty ones if there was none.

        Raises:
            ConfigurationError: the file is broken, or somebody else could have written it: it sets passwords.
            EmbeddedError: the same of the folder.
        """
        path = data_dir / name
        try:
            with own_folder(data_dir) as folder:
                known = json.loads(_read_own(folder, path))
            return cls(**{name: known[name] for name in cls.__dataclass_fields__ if name in known})
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, TypeError) as error:
            raise ConfigurationError(f"{path} cannot be read: remove it, and new passwords are made.") from error

    def write(self, data_dir: Path) -> Path:
        """Write credentials.json, and a password file for psql beside it; both are read by their owner alone."""
        with own_folder(make_folder(data_dir)) as folder:
            write_private_in(folder, "pgpass", "".join(_pgpass_line(dsn) for dsn in self.roles.values()))
            write_private_in(folder, "credentials.json", json.dumps(asdict(self), indent=2) + "\n")
        return data_dir / "credentials.json"

    def password_of_user(self, name: str) -> str:
        """The password of a demo user, made on first use."""
        return self.users.setdefault(name, secrets.token_urlsafe(15))

    def password_of_role(self, name: str) -> str:
        """The password in the DSN of a login role, made on first use."""
        known = conninfo_to_dict(self.roles[name]).get("password") if name in self.roles else None
        return str(known or secrets.token_urlsafe(24))


def _read_own(folder: int, path: Path) -> str:
    """The text of `path`, opened in `folder`; never through a link."""
    handle = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(handle) as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or writable_by_others(found):
            message = f"{path} could have been written by somebody else: remove it, and new passwords are made."
            raise ConfigurationError(message)
        return file.read()


def _pgpass_line(dsn: str) -> str:
    parts: Mapping[str, object] = conninfo_to_dict(dsn)
    fields = [str(parts.get(name, "*")) for name in ("host", "port", "dbname", "user", "password")]
    return ":".join(text.replace("\\", "\\\\").replace(":", "\\:") for text in fields) + "\n"
