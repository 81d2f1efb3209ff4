"""A training, from expressions to a model that answers (T1, T7, T8)."""

from pathlib import Path

import pytest

from services.draft_api.training.encoder_folder import installed_encoder
from tests.draft_api.training.child import RAILWAY, source, start, train


def test_equal_expressions_give_an_equal_digest_in_whatever_order_they_come(tmp_path: Path, profile: str) -> None:
    backwards = {intent: said[::-1] for intent, said in reversed(RAILWAY.items())}
    first = train(source(profile=profile), tmp_path / "first")
    second = train(source(backwards, profile=profile), tmp_path / "second")
    assert (first.code, second.code) == (0, 0)
    assert first.manifest.digest == second.manifest.digest
    assert first.evaluation == second.evaluation


def test_a_training_tells_how_far_it_is(tmp_path: Path, profile: str) -> None:
    told = train(source(profile=profile), tmp_path).lines
    percents = [line["percent"] for line in told]
    assert percents == sorted(percents)
    assert (told[0]["step"], told[-1]) == ("reading", {"step": "done", "percent": 100})


def test_a_trained_model_understands_what_is_said_in_other_words(tmp_path: Path, profile: str) -> None:
    trained = train(source(profile=profile), tmp_path)
    assert trained.manifest.labels == ("int_dog", "int_fare", "int_lost")
    assert trained.manifest.profile == profile
    best = {text: trained.model.score(text).ranking[0][0] for text in ("lost umbrella", "ticket cost", "my dog")}
    assert best == {"lost umbrella": "int_lost", "ticket cost": "int_fare", "my dog": "int_dog"}


def test_probes_are_what_the_model_answers(tmp_path: Path, profile: str) -> None:
    trained = train(source(profile=profile), tmp_path)
    assert len(trained.manifest.probes) > 16
    for probe in trained.manifest.probes:
        scores = trained.model.score(probe.text)
        assert (*scores.ranking[0], scores.scope) == (probe.intent, probe.confidence, probe.scope)


def test_no_probe_is_an_expression(tmp_path: Path, profile: str) -> None:
    probes = {probe.text for probe in train(source(profile=profile), tmp_path).manifest.probes}
    assert {"fare", "lost", "dog"} < probes
    assert not probes & {text for said in RAILWAY.values() for text in said}


def test_nothing_to_learn_from_is_said_in_plain_words(tmp_path: Path) -> None:
    for number, intents in enumerate(({}, {"int_fare": []})):
        trained = train(source(intents), tmp_path / str(number))
        assert trained.code == 1
        assert trained.lines[-1]["error"] == "no_expressions"
        assert not trained.out.exists()


def test_a_profile_that_is_not_here_is_said_in_plain_words(tmp_path: Path) -> None:
    trained = train(source(profile="multilingual"), tmp_path, GREENROOM_ENCODER_MULTILINGUAL=str(tmp_path / "nowhere"))
    assert (trained.code, trained.lines[-1]["error"]) == (1, "profile_unavailable")


def test_a_missing_encoder_is_said_in_plain_words(tmp_path: Path) -> None:
    trained = train(source(profile="default"), tmp_path / "t", GREENROOM_ENCODER=str(tmp_path / "nowhere"))
    assert (trained.code, trained.lines[-1]["error"]) == (1, "encoder_missing")


def test_a_single_intent_is_always_the_answer(tmp_path: Path, profile: str) -> None:
    trained = train(source({"int_fare": ["How much is it?", "what does it cost"]}, profile), tmp_path)
    assert trained.code == 0
    assert trained.model.score("how much does it cost").ranking == (("int_fare", 1.0),)


def test_a_single_sentence_is_enough_for_more_than_its_own_words(tmp_path: Path, profile: str) -> None:
    trained = train(source({"int_fare": ["How much is a ticket?"]}, profile), tmp_path)
    assert trained.code == 0
    assert trained.model.score("how much is one ticket").scope > trained.manifest.scope_threshold
    assert trained.model.score("zzz").scope < trained.manifest.scope_threshold


def test_one_sentence_in_each_intent_is_enough_to_tell_them_apart(tmp_path: Path, profile: str) -> None:
    intents = {"int_hi": ["hello there"], "int_train": ["where is my train"], "int_pay": ["I want my money back"]}
    trained = train(source(intents, profile), tmp_path)
    assert trained.code == 0
    for text, intent in (("where is the train", "int_train"), ("hello", "int_hi"), ("give money back", "int_pay")):
        (best, confidence), (_, runner_up), _ = trained.model.score(text).ranking
        assert best == intent
        assert confidence > 2 * runner_up


def test_a_sentence_that_two_intents_share_is_learnt_and_answered_by_one_of_them(tmp_path: Path, profile: str) -> None:
    intents = {"int_a": ["see you", "goodbye now", "I am off"], "int_b": ["see you", "later then", "tomorrow it is"]}
    first, second = (train(source(intents, profile), tmp_path / name) for name in ("first", "second"))
    assert first.code == 0
    assert first.model.score("See you!").exact in {"int_a", "int_b"}
    assert first.manifest.digest == second.manifest.digest


def test_any_script_and_any_length_can_be_learnt(tmp_path: Path, profile: str) -> None:
    intents = {
        "int_joy": ["🎉🎉", "😀 👍🏽", "!!!", "👩‍💻"],
        "int_where": ["火车在哪里", "我的火车在哪儿？", "أين القطار", "איפה הרכבת"],
        "int_story": ["the train was late and " * 43, "on monday morning i waited " * 38, "x" * 1000],
    }
    trained = train(source(intents, profile), tmp_path)
    assert trained.code == 0
    assert all(len(text) <= 1100 for text in intents["int_story"])
    for text in ("🎉🎉", "火车在哪里?", "أين القطار", "the train was late and " * 43):
        scores = trained.model.score(text)
        assert sum(confidence for _, confidence in scores.ranking) == pytest.approx(1, abs=1e-5)
        assert scores.exact is not None
    assert trained.model.score("!!!").exact is None
    assert trained.model.score("火车在哪").ranking[0][0] == "int_where"


def test_words_need_no_spaces_between_them(tmp_path: Path, profile: str) -> None:
    intents = {
        "int_fare": [
            "切符はいくらですか",
            "片道の料金を教えて",
            "车票多少钱",
            "往返票价是多少",
            "ตั๋วราคาเท่าไหร่",
            "ค่าโดยสารไปกลับกี่บาท",
        ],
        "int_lost": [
            "傘をなくしました",
            "電車にかばんを忘れた",
            "我的雨伞丢了",
            "我把包忘在火车上",
            "ฉันทำร่มหาย",
            "ลืมกระเป๋าไว้บนรถไฟ",
        ],
    }
    model = train(source(intents, profile), tmp_path).model
    asked = {
        "往復の料金はいくらですか": "int_fare",
        "车票要多少钱": "int_fare",
        "ฉันทำกระเป๋าหาย": "int_lost",
        "電車に傘を忘れました": "int_lost",
    }
    assert {text: model.score(text).ranking[0][0] for text in asked} == asked


def test_more_intents_than_can_be_learnt_are_refused_at_once(tmp_path: Path) -> None:
    many = source({f"int_{n}": [f"question {n}"] for n in range(5_000)})
    trained = train(many, tmp_path)
    assert (trained.code, trained.lines[-1]["error"]) == (1, "too_many_intents")
    assert "2000 intents" in trained.lines[-1]["detail"]


def test_an_evaluation_counts_every_expression_once(tmp_path: Path, profile: str) -> None:
    found = train(source(profile=profile), tmp_path).evaluation
    assert found["expressions"] == 9
    assert [intent["support"] for intent in found["intents"]] == [3, 3, 3]
    assert sum(pair["count"] for pair in found["confusions"]) == round((1 - found["accuracy"]) * 9)
    assert len(found["thin_intents"]) == 3
    assert not found["sampled"]


def test_an_evaluation_names_intents_that_have_nothing_to_learn_from(tmp_path: Path) -> None:
    found = train(source({**RAILWAY, "int_parking": ["where can I park"], "int_bar": []}), tmp_path).evaluation
    thinnest = [(intent["name"], intent["expressions"]) for intent in found["thin_intents"]]
    assert thinnest[:2] == [("bar", 0), ("parking", 1)]
    assert found["thin_count"] == 5
    assert "bar" not in [intent["name"] for intent in found["intents"]]


def test_the_only_expression_of_a_bot_can_be_taken_for_nothing_else(tmp_path: Path) -> None:
    found = train(source({"int_fare": ["How much is a ticket?"]}), tmp_path).evaluation
    assert (found["accuracy"], found["accuracy_low"] < 0.25, found["suspect_count"]) == (1.0, True, 0)


@pytest.mark.parametrize("end", ["closed", "never opened"])
def test_a_training_ends_with_the_process_that_wanted_it(tmp_path: Path, end: str) -> None:
    many = {f"int_{n}": [f"sentence {n} {m} about trains" for m in range(100)] for n in range(40)}
    with start(source(many), tmp_path) as child:
        assert child.stdout
        if end == "closed":
            assert child.stdout.readline()
        assert child.stdin
        child.stdin.close()
        assert child.wait() == 1
    assert not (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.encoder
class TestEmbeddingsCache:
    """What was encoded once is not encoded again, and changes nothing."""

    @pytest.fixture(autouse=True)
    def encoder(self) -> None:
        if installed_encoder() is None:
            pytest.skip("no encoder is installed: greenroom encoder build makes one")

    def test_a_cache_changes_nothing_of_a_model(self, tmp_path: Path) -> None:
        document = source(profile="default")
        digests = {train(document, tmp_path / "without").manifest.digest}
        for turn in ("cold", "warm"):
            folder = str(tmp_path / "cache")
            digests.add(train(document, tmp_path / turn, GREENROOM_EMBEDDINGS_CACHE=folder).manifest.digest)
        assert len(digests) == 1

    def test_a_cache_that_was_cut_off_is_begun_anew(self, tmp_path: Path) -> None:
        cache, document = tmp_path / "cache", source(profile="default")
        first = train(document, tmp_path / "first", GREENROOM_EMBEDDINGS_CACHE=str(cache))
        (file,) = cache.iterdir()
        whole = file.read_bytes()
        file.write_bytes(whole[:-100])
        second = train(document, tmp_path / "second", GREENROOM_EMBEDDINGS_CACHE=str(cache))
        assert second.manifest.digest == first.manifest.digest
        assert file.read_bytes() == whole
