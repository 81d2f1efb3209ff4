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
ENCODED = ("default", "accurate", "multilingual")
"""The profiles that need an encoder, each one of its own."""


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


def encoder_path(profile: str = "default", environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the profile's encoder, whether it is there or not."""
    suffix = "" if profile == "default" else f"-{profile}"
    given = environ.get("GREENROOM_ENCODER" + suffix.upper().replace("-", "_"))
    return Path(given) if given else Path(sys.prefix) / "share" / "greenroom" / f"encoder{suffix}"


def installed_encoder(profile: str = "default", environ: Mapping[str, str] = os.environ) -> EncoderFolder | None:
    path = encoder_path(profile, environ)
    if not (path / MANIFEST).is_file():
        return None
    return EncoderFolder(path, EncoderManifest.model_validate_json((path / MANIFEST).read_bytes()))


def available_profiles(environ: Mapping[str, str] = os.environ) -> frozenset[str]:
    """The profiles that a bot can be trained with here: `fast`, and those whose encoder is installed."""
    return frozenset(
        {"fast", *(profile for profile in ENCODED if (encoder_path(profile, environ) / MANIFEST).is_file())}
    )


def how_to_get(profile: str) -> str:
    """What to tell somebody who asks for a profile whose encoder is not here."""
    option = "" if profile == "default" else f" --profile {profile}"
    return (
        f"The profile {profile!r} needs an encoder that is not installed here: run `greenroom encoder build{option}`, "
        "or set the bot's profile to fast."
    )
