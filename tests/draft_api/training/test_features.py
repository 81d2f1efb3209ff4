from services.draft_api.training.features import ngram_buckets


def test_only_many_expressions_of_not_too_many_intents_without_an_encoder_are_worth_a_large_table() -> None:
    small = ngram_buckets(770, 77, encoded=False)
    assert ngram_buckets(10_000, 77, encoded=False) == 4 * small
    assert ngram_buckets(10_000, 77, encoded=True) == small
    assert ngram_buckets(10_000, 2_000, encoded=False) == small
