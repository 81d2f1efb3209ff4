"""The report is one page that loads nothing, and what people wrote stays text."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import numpy as np

from services.draft_api.evaluation.advice import advise_builder
from services.draft_api.evaluation.change import change_between
from services.draft_api.evaluation.document import Evaluation, Named
from services.draft_api.evaluation.evaluate import Written, evaluate
from services.draft_api.evaluation.report import Subject, report
from services.draft_api.evaluation.thresholds import advise, unpack
from shared.contracts import BotSettings
from tests.draft_api.evaluation.answers import RAILWAY, answers

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
VOID = {"meta", "img", "br", "hr", "link", "input", "circle", "rect", "path"}
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [str(value) for name, value in attrs if name in {"src", "href"} or name.startswith("on")]
        if tag not in {"meta"}:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def hostile_page() -> tuple[str, Evaluation]:
    labels, guesses = [0] * 30 + [1] * 8, [0] * 25 + [1] * 5 + [1] * 8
    made = answers(labels, guesses, [0.9] * 25 + [0.95] * 5 + [0.9] * 8)
    texts = [f"{HOSTILE} {place}" for place in range(len(labels))]
    intents = [Named(id=f"int_{name}", name=f"{name} {HOSTILE}") for name in ("dog", "fare", "lost")]
    found = evaluate(made, texts, Written(texts, np.array(labels), intents), [(0, 30, 0.97)])
    thresholds = advise(unpack(made.outcomes().tobytes()), BotSettings(), -1.0)
    subject = Subject(HOSTILE, "en", "fast", NOON, "sha256:" + "7" * 64)
    advice = advise_builder(found, thresholds, RAILWAY)
    assert {kind.kind for kind in advice} >= {"move", "tell_apart", "near_duplicates", "write_more"}
    history = [(NOON, 0.8), (NOON, 0.7)]
    return report(subject, found, thresholds, change_between(found, found), history, advice, asks=True), found


def test_the_report_loads_nothing_and_runs_nothing() -> None:
    html, _ = hostile_page()
    page = Page(html)
    assert page.sources == []
    assert not {"script", "img", "link", "iframe", "object", "embed"} & set(page.tags)
    assert "url(" not in html
    assert "@import" not in html


def test_it_has_every_picture_and_every_list() -> None:
    html, _ = hostile_page()
    assert Page(html).tags.count("svg") == 5
    for title in (
        "What to do next", "Does confidence mean what it says?", "Thresholds", "Since the training before",
        "Who is taken for whom", "Confusions", "Likely under the wrong intent", "Almost the same under two intents",
        "Intents", "Thin intents",
    ):  # fmt: skip
        assert f"<h2>{title}</h2>" in html


def test_a_model_of_an_earlier_version_has_a_report_too() -> None:
    """Of two figures, and no more, as they were kept once."""
    old = Evaluation.model_validate(
        {
            "expressions": 2, "accuracy": 0.5, "ece": 0.1, "ece_before": 0.2, "sampled": False,
            "intents": [
                {"id": "a", "name": "a", "precision": 1.0, "recall": 0.5, "f1": 0.67, "support": 2},
                {"id": "b", "name": "b", "precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0},
            ],
            "confusions": [], "thin_intents": [{"id": "a", "name": "a", "expressions": 2}],
        }
    )  # fmt: skip
    html = report(Subject("Harbour", "en", "fast", NOON, "sha256:77"), old, None, None, [], (), asks=True)
    assert "50.0 %" in html
    assert "-1 more" not in html
    assert Page(html).tags.count("svg") == 2


def test_a_bot_of_one_intent_has_no_accuracy_to_be_proud_of() -> None:
    made, texts = answers([0] * 12, [0] * 12), [f"a dog, {place}" for place in range(12)]
    found = evaluate(made, texts, Written(texts, np.array([0] * 12), [Named(id="int_dog", name="dog")]), [])
    html = report(Subject("Kennel", "en", "fast", NOON, "sha256:77"), found, None, None, [], (), asks=True)
    assert "100.0 %" not in html
    assert "<b>1 intent</b>" in html
    assert "expressions asked, of 1 intent<" in html


def test_a_change_within_chance_is_called_that_where_it_is_largest() -> None:
    labels, names = [0] * 20 + [1] * 20, [Named(id=f"int_{name}", name=name) for name in ("dog", "fare", "lost")]
    before, after = (
        evaluate(answers(labels, guesses), written.texts, written, [])
        for written in [Written([f"sentence {n}" for n in range(40)], np.array(labels), names)]
        for guesses in (labels, [1, *labels[1:]])
    )
    subject = Subject("Railway", "en", "fast", NOON, "sha256:77")
    html = report(subject, after, None, change_between(before, after), [], (), asks=True)
    assert "<b>-2.5</b><span>points since the training before, within what chance explains</span>" in html
