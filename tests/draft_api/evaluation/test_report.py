"""The report is one page that loads nothing, and what people wrote stays text."""

from html.parser import HTMLParser

import numpy as np

from services.draft_api.evaluation.change import change_between
from services.draft_api.evaluation.document import Evaluation, Named
from services.draft_api.evaluation.evaluate import Written, evaluate
from services.draft_api.evaluation.plots import intent_bars, matrix_plot
from services.draft_api.evaluation.report import Subject, report
from tests.draft_api.evaluation.answers import answers
from tests.draft_api.evaluation.pages import NOON, hostile_page

VOID = {"meta", "img", "br", "hr", "link", "input", "circle", "rect", "path"}


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


def test_names_that_begin_alike_are_told_apart_in_pictures() -> None:
    made, texts = answers([0] * 12 + [1] * 12, [1] * 24), [f"a sentence, {place}" for place in range(24)]
    names = [f"balance_not_updated_after_{what}" for what in ("bank_transfer", "cash_deposit", "refund")]
    intents = [Named(id=f"int_{name}", name=name) for name in names]
    found = evaluate(made, texts, Written(texts, np.array([0] * 12 + [1] * 12), intents), [])
    drawn = matrix_plot(found.matrix) + intent_bars(found.intents)
    assert "bank_transfer</text>" in drawn
    assert "cash_deposit</text>" in drawn
