"""`greenroom demo`: the whole way of a bot, from files to an answer in live, told as it happens."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.access import Access
from cli.asking import classify_all, live_conversation, reply_lines
from cli.importing import import_source, read_source
from cli.publishing import publish_bot
from cli.rehearsal import RAILWAY, held_out, mark, passenger_lines
from cli.stage import running
from cli.training import accuracy_words, train_bot


def demo(
    data: Annotated[Path | None, typer.Option(help="Keep everything here; a temporary folder, unless given.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the temporary folder.")] = False,
) -> None:
    """Start everything, train and publish the sample bot, talk to it in live, say what happened, stop."""
    began = time.monotonic()
    with _folder(data, keep) as folder:
        _tell("Starting draft, live and the publisher ...")
        with running(folder) as access:
            _tell(f"Ready after {time.monotonic() - began:.1f} s, in {folder}.")
            _perform(access)
        _tell("", "Everything is stopped again. `make up` starts a Greenroom that stays.")
        if data or keep:
            _tell(f"This one is kept: greenroom up --data {folder}")


def _perform(access: Access) -> None:
    bot = _import(access)
    _train(access, bot)
    _publish(access, bot)
    _measure(access, bot)
    _talk(access, bot)


def _import(access: Access) -> str:
    report = import_source(access.draft, read_source(RAILWAY, None), "merge")
    intents = len(access.draft.items("bots", report["bot"], "intents"))
    _tell(
        "",
        f"DRAFT  Imported the sample bot, {report['name']}:",
        f"       {report['added']} expressions over {intents} intents, {report['flows']} flows.",
    )
    return str(report["bot"])


def _train(access: Access, bot: str) -> None:
    began = time.monotonic()
    training = train_bot(access, bot)
    _tell("", f"DRAFT  Trained it in {time.monotonic() - began:.1f} s:")
    for language, model in training["models"].items():
        _tell(f"       {language}: {accuracy_words(model)}, model {model['digest']}")
        if model["profile"] == "fast":
            _tell(
                "       There is no sentence encoder here, so the `fast` profile was used, which knows letters and",
                "       words only. With the encoder (`greenroom encoder build`) it understands more.",
            )


def _publish(access: Access, bot: str) -> None:
    publication = publish_bot(access, bot, {"mode": "full"}, notes="The sample bot, from `greenroom demo`")
    _tell("", f"LIVE   Release {publication['release']} is live: {publication['release_digest']}")
    if proof := publication.get("proof"):
        _tell(*_proof_lines(proof))


def _proof_lines(proof: dict[str, Any]) -> list[str]:
    equal = "equal" if proof["digests_equal"] else "NOT equal"
    return [
        f"       The model's files are {equal} in draft and live, byte by byte; {proof['probes']} probe sentences",
        f"       were answered by both, and their scores differ by {proof['max_score_delta']:g} at most.",
    ]


def _measure(access: Access, bot: str) -> None:
    sentences = held_out()
    answer = classify_all(access.live, bot, [sentence.text for sentence in sentences])
    marks = mark(sentences, answer["results"])
    _tell(
        "",
        f"LIVE   Asked it {len(sentences)} sentences that it was not trained on:",
        f"       accuracy {marks.accuracy:.1%} ({marks.right} of {marks.meant} got the right intent); of "
        f"{marks.strange} about other things it left {marks.left_alone} alone.",
    )


def _talk(access: Access, bot: str) -> None:
    talk = live_conversation(access.live, bot)
    _tell("", "LIVE   A short conversation:")
    for line in passenger_lines():
        answer = talk(line)
        _tell(f"       you: {line}", *(f"       {reply}" for reply in reply_lines(answer["replies"])))


@contextmanager
def _folder(data: Path | None, keep: bool) -> Iterator[Path]:
    if data is not None:
        yield data.absolute()
        return
    folder = Path(tempfile.mkdtemp(prefix="greenroom-demo-"))
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _tell(*lines: str) -> None:
    print("\n".join(lines))
    sys.stdout.flush()
