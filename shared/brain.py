"""A release made ready to answer: its models and its flows, immutable once built.

Draft's try-out and live answer with this one class, which is why they answer alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.contracts import Classification, FoundEntity, Proof, Release
from shared.entities.finder import Finder, compile_entities
from shared.flows.conversation import after_pause
from shared.flows.effects import Asking
from shared.flows.engine import ConversationState, Dialogue, Turn, UserEvent, take_turn
from shared.flows.hearing import only_answers
from shared.flows.start import titled
from shared.nlp.decision import decide
from shared.nlp.model import Model, SharedParts, load_model
from shared.nlp.onnx import processor
from shared.nlp.speaking import AUTO, Signs, known_language, spoken_in

Read = Callable[[str], bytes]


@dataclass(frozen=True)
class Said:
    """A message as it arrived. `payload` is that of the choice that was pressed, whose title is then the text."""

    text: str
    at: datetime
    payload: str | None = None


@dataclass(frozen=True)
class Brain:
    digest: str
    release: Release
    models: Mapping[str, Model]
    names: Mapping[str, str]
    dialogue: Dialogue
    finder: Finder

    @property
    def loaded(self) -> dict[str, Model]:
        """Its models by digest: verified when they were loaded, so another release may share them."""
        return {model.digest: model for model in self.models.values()}

    def language(self, asked: str | None) -> str:
        """The language asked for, else the bot's first; `auto` stays what it is. Raises `unknown_language`."""
        languages = self.release.languages
        return AUTO if asked == AUTO else known_language(languages[0] if asked is None else asked, languages)

    def spoken(self, text: str, signs: Signs) -> str:
        """What a text alone is in: see `shared.nlp.speaking`. Raises `unknown_language`."""
        settings = self.release.settings
        # What is too long is not read (T5).
        read = text if len(text) <= settings.max_message_length else ""
        return spoken_in(read, self.release.languages, self.models, signs, settings.detect_language)

    def understand(self, state: ConversationState, said: Said, signs: Signs) -> Classification:
        """The next message of a conversation, in the language that it is in. Raises `unknown_language`.

        What is picked is said in the bot's words, and an answer may be in any language: neither tells the user's.
        """
        awake = self._awake(state, said.at)
        current, looks = self.spoken("", signs), self.spoken(said.text, signs)
        if current == looks or said.payload is not None or titled(awake, said.text):
            return self.classify(said.text, current, said.at)
        there = self.classify(said.text, looks, said.at)
        if not awake.questions:
            return there
        here = self.classify(said.text, current, said.at)
        answers = only_answers(self.dialogue, awake, UserEvent(here, "", said.at), UserEvent(there, "", said.at))
        return here if answers else there

    def classify(self, text: str, language: str | None = None, now: datetime | None = None) -> Classification:
        """`now` is what "tomorrow" is counted from; without it, when it is asked."""
        asked = self.language(language)
        spoken = self.spoken(text, Signs(AUTO)) if asked == AUTO else asked
        settings = self.release.settings.for_language(spoken)
        model = self.models.get(spoken)
        # A text that is too long is refused before any of it is read (T5).
        readable = len(text) <= settings.max_message_length
        scores = model.score(text) if model and readable else None
        return decide(
            text,
            spoken,
            scores,
            settings,
            model.manifest.scope_threshold if model else 0.0,
            self.names,
            model.digest if model else None,
            self._entities(text, spoken, now, settings.entity_threshold) if self.finder and readable else (),
        )

    def _entities(self, text: str, language: str, now: datetime | None, threshold: float) -> tuple[FoundEntity, ...]:
        found = self.finder.find(text, language, now or datetime.now(UTC), threshold)
        return tuple(
            FoundEntity(entity=s.entity, value=s.value, start=s.start, end=s.end, confidence=s.confidence)
            for s in found
        )

    def reply(self, state: ConversationState, event: UserEvent, env: Mapping[str, Any]) -> Asking[Turn]:
        """One turn, which yields the calls that it needs: see `shared.flows.effects`."""
        return take_turn(self.dialogue, self._awake(state, event.at), event, env)

    def _awake(self, state: ConversationState, at: datetime) -> ConversationState:
        return after_pause(state, at, self.release.settings.session_timeout_minutes)


def build_brain(release: Release, read: Read, shared: SharedParts, like: Brain | None = None) -> Brain:
    """Loads and verifies everything that is not the same in `like`, whose models, flows and entities it then shares.

    Raises InvalidError when an artifact is missing, wrong or unusable.
    """
    loaded = like.loaded if like else {}
    models = {
        language: loaded.get(manifest.digest) or load_model(manifest, read, shared)
        for language, manifest in release.models.items()
    }
    dialogue = Dialogue.of(release.flows, release.languages, release.variables, like.dialogue if like else None)
    return Brain(
        digest=release.digest,
        release=_thrifty(release, dialogue, models, like),
        models=models,
        names={mark.id: mark.name for mark in release.intents},
        dialogue=dialogue,
        finder=like.finder
        if like and like.release.entities == release.entities
        else compile_entities(release.entities),
    )


def _thrifty(release: Release, dialogue: Dialogue, models: Mapping[str, Model], like: Brain | None) -> Release:
    """The same, without copies of what another release holds already: many are held at once."""
    flows = {name: dialogue.read[name].flow for name in release.flows}
    manifests = {language: model.manifest for language, model in models.items()}
    intents = like.release.intents if like and like.release.intents == release.intents else release.intents
    return release.model_copy(update={"flows": flows, "models": manifests, "intents": intents})


def prove(brain: Brain, verify: Callable[[str], None], warnings: tuple[str, ...] = ()) -> Proof:
    """What this side has, computed from the bytes in its own store and by its own processor. Warms the models.

    `verify` hashes what is stored under a digest, and raises when that is not what its name says.
    """
    digests = sorted({file.digest for model in brain.models.values() for file in model.manifest.all_files()})
    for digest in digests:
        verify(digest)
    probes = tuple(probe for model in brain.models.values() for probe in model.probed)
    return Proof(files={name: name for name in digests}, probes=probes, processor=processor(), warnings=warnings)
