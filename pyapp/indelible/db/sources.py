"""Where migrations/ and sql/ are: in the source tree, or inside the installed wheel."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from indelible.errors import MigrationError

PACKAGE = Path(__file__).resolve().parent.parent
TREE = PACKAGE.parent.parent


@dataclass(frozen=True)
class Sources:
    """The folders of the state (`migrations`) and of the behaviour (`sql`); the sample's are their `ftms/`."""

    migrations: Path
    sql: Path

    @classmethod
    def installed(cls) -> "Sources":
        """The folders that came with this package."""
        for sources in (cls(TREE / "migrations", TREE / "sql"), cls(PACKAGE / "_migrations", PACKAGE / "_sql")):
            if sources.migrations.is_dir() and sources.sql.is_dir():
                return sources
        raise MigrationError("This installation of indelible has no migrations/ and sql/: install it again.")

    @property
    def sample(self) -> "Sources":
        """The folders of the sample application."""
        return Sources(self.migrations / "ftms", self.sql / "ftms")

    def migration_files(self) -> list[Path]:
        """The migrations in the order in which they are applied."""
        return sorted(self.migrations.glob("*.sql"))

    def behaviour_files(self) -> list[Path]:
        """The files of sql/ in the order in which they are replayed, without the roles."""
        return [path for path in sorted(self.sql.glob("*.sql")) if path != self.roles_file]

    def guard_files(self) -> list[Path]:
        """The files that a superuser alone can run, in order: the guard of the audit objects."""
        return sorted((self.sql / "guard").glob("*.sql"))

    @property
    def roles_file(self) -> Path:
        """Roles and schemas: replayed before the migrations."""
        return self.sql / "00_roles.sql"

    def digest(self) -> str:
        """SHA-256 in hex over names and contents of all files of both folders."""
        digest = hashlib.sha256()
        for path in [*self.migration_files(), *sorted(self.sql.glob("*.sql")), *self.guard_files()]:
            for part in (f"{path.parent.name.lstrip('_')}/{path.name}".encode(), path.read_bytes()):
                digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()
