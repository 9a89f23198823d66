"""Where state lives: `CORDIALE_HOME` (default `./var`), with `pg/ lake/ media/ mail/ company/ run/` inside."""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cordiale.errors import CordialeError

PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Home:
    """The folders of one installation. Nothing is written outside `root`."""

    root: Path

    @property
    def postgres(self) -> Path:
        """The server's data, socket and log."""
        return self.root / "pg"

    @property
    def lake(self) -> Path:
        """One Delta table a folder."""
        return self.root / "lake"

    @property
    def media(self) -> Path:
        """Files people upload."""
        return self.root / "media"

    @property
    def mail(self) -> Path:
        """Mail caught by the demo's own SMTP server, one file a message."""
        return self.root / "mail"

    @property
    def company(self) -> Path:
        """Rules the company edits: company.yaml, plan.yaml, traits.yaml, lifecycle.yaml."""
        return self.root / "company"

    @property
    def run(self) -> Path:
        """Process numbers, locks and logs of what runs now."""
        return self.root / "run"

    def prepare(self) -> Home:
        """Create the folders, private to their owner but for traversal (PostgreSQL may run as another user)."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            for folder in (self.lake, self.media, self.mail, self.company, self.run):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise CordialeError(f"cannot write in {self.root}: {error.strerror}; choose another --home") from error
        return self

    def secret(self, name: str) -> str:
        """A random secret kept in `run/<name>`, readable by its owner only; created on first use."""
        path = self.prepare().run / name
        if not path.exists():
            draft = path.with_suffix(f".{secrets.token_hex(4)}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(48))
            try:
                os.link(draft, path)  # the first process to link wins; the others read its secret
            except FileExistsError:
                draft.unlink()
                return path.read_text()
            draft.unlink()
        return path.read_text()

    def company_file(self, name: str, default: Path) -> Path:
        """The company's own copy of a rules file, made from `default` on first use."""
        path = self.company / name
        if not path.exists():
            self.prepare()
            draft = path.with_suffix(f".{secrets.token_hex(4)}")
            shutil.copyfile(default, draft)
            draft.replace(path)
        return path


def current() -> Home:
    """The home this process works on, from the environment."""
    return _at(os.environ.get("CORDIALE_HOME") or "var", Path.cwd())


@lru_cache(maxsize=8)
def _at(written: str, folder: Path) -> Home:
    """Asked for with every amount a page writes: resolving a path costs more than writing the amount."""
    if "://" in written:
        raise CordialeError(
            f"'{written}' is no folder of this machine; docs/how-to/spark.md tells how to use object storage"
        )
    return Home((folder / Path(written).expanduser()).resolve())
