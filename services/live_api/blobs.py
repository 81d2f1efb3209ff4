"""What the publisher brings before a release: bytes named by their digest. And what this runtime can execute."""

import hashlib
from io import BytesIO
from typing import Any

from fastapi import Request, Response

from services.live_api.floor import Floor, FloorParts, Releaser
from shared.artifacts import Artifacts
from shared.contracts import SCHEMA_VERSION
from shared.digest import is_digest
from shared.errors import InvalidError, NotFoundError
from shared.failpoints import reach
from shared.nlp.onnx import NEWEST_IR, NEWEST_OPSET, processor, runtime_version
from shared.web.describing import BYTES
from shared.web.routing import BLOB, Router

router = Router(prefix="/v1", tags=["publishing"])

_BYTES = {"required": True, "content": {"application/octet-stream": BYTES}}


@router.head("/blobs/{digest}", response_class=Response, summary="Look for an artifact")
async def has(digest: str, floor: Floor, _key: Releaser) -> Response:
    """200 when the bytes are here and still what their name says; rotten ones are asked for again."""
    await floor.backstage.run(_look_for, floor, digest)
    return Response()


@router.put(
    "/blobs/{digest}",
    openapi_extra={BLOB: True, "requestBody": _BYTES},
    status_code=201,
    response_class=Response,
    responses={200: {"description": "It is here already."}},
    summary="Store an artifact",
)
async def put(digest: str, request: Request, floor: Floor, _key: Releaser) -> Response:
    """Hashed while it arrives; nothing is kept of bytes that are not what their name says."""
    if not is_digest(digest):
        raise InvalidError("invalid_digest", "A digest is written sha256:<64 hex digits>.")
    # Unlike a bytearray, it gives its bytes away without a copy.
    data, sha256 = BytesIO(), hashlib.sha256()
    async for chunk in request.stream():
        sha256.update(chunk)
        data.write(chunk)
    if f"sha256:{sha256.hexdigest()}" != digest:
        raise InvalidError("artifact_digest_mismatch", f"The bytes that arrived are not {digest}.")
    known = await floor.backstage.run(floor.artifacts.has, digest)
    await floor.backstage.run(floor.artifacts.write, data.getvalue(), digest)
    reach("live.blob.stored")
    return Response(status_code=200 if known else 201)


@router.get("/capabilities", summary="Show what a release may ask for")
def capabilities(_key: Releaser) -> dict[str, Any]:
    """What a release may ask of this service."""
    return {
        "schema_version": SCHEMA_VERSION,
        "opset": NEWEST_OPSET,
        "ir_version": NEWEST_IR,
        "onnxruntime": runtime_version(),
        "processor": processor(),
    }


def _look_for(floor: FloorParts, digest: str) -> None:
    """Raises `artifact_missing`: then a model is about to come."""
    if not _intact(floor.artifacts, digest):
        floor.inspector.expect()
        raise NotFoundError("artifact_missing", f"No artifact {digest} is stored here.")


def _intact(artifacts: Artifacts, digest: str) -> bool:
    try:
        artifacts.verify(digest)
    except NotFoundError:
        return False
    except InvalidError as error:
        if error.code != "artifact_digest_mismatch":
            raise
        return False
    return True
