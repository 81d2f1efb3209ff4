"""Where the encoder is: built into the environment at installation, or a folder that somebody points to."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.contracts import EncoderManifest
from shared.digest import digest_of
from shared.errors import InvalidError

MANIFEST = "encoder.json"


@dataclass(frozen=True)
class EncoderFolder:
    path: Path
    manifest: EncoderManifest

    def read(self, digest: str) -> bytes:
        """Verified bytes. Raises InvalidError `artifact_digest_mismatch`."""
        name = next(file.name for file in self.manifest.files if file.digest == digest)
        data = (self.path / name).read_bytes()
        if digest_of(data) != digest:
            raise InvalidError("artifact_digest_mismatch", f"The encoder's {name} is not what its manifest says.")
        return data


def encoder_path(environ: Mapping[str, str] = os.environ) -> Path:
    given = environ.get("GREENROOM_ENCODER")
    return Path(given) if given else Path(sys.prefix) / "share" / "greenroom" / "encoder"


def installed_encoder(environ: Mapping[str, str] = os.environ) -> EncoderFolder | None:
    path = encoder_path(environ)
    if not (path / MANIFEST).is_file():
        return None
    return EncoderFolder(path, EncoderManifest.model_validate_json((path / MANIFEST).read_bytes()))
