"""The documents on the wire between draft, publisher and live. Immutable; named by their digest."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from shared.document import ROW, Document, Value
from shared.probes import Probe, ProbeResult

SCHEMA_VERSION: Literal[1] = 1

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Profile = Literal["default", "accurate", "fast", "multilingual"]
Unit = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


ScopeThreshold = Literal["auto"] | Annotated[float, Field(allow_inf_nan=False)]


class LanguageSettings(Value):
    """Thresholds of one language, where they differ from the bot's."""

    intent_threshold: Unit | None = None
    entity_threshold: Unit | None = None
    scope_threshold: ScopeThreshold | None = None
    margin: Unit | None = None


class BotSettings(Value):
    """What a builder may set; thresholds are read at serving time and need no training (T2).

    `languages` has the thresholds of languages that have their own; `detect_language` is about conversations.
    """

    intent_threshold: Unit = 0.0
    entity_threshold: Unit = 0.7
    scope_threshold: ScopeThreshold = "auto"
    margin: Unit = 0.0
    max_message_length: Annotated[int, Field(ge=1, le=100_000)] = 1000
    session_timeout_minutes: Annotated[int, Field(ge=1, le=10_080)] = 15
    profile: Profile = "default"
    approvals: Annotated[int, Field(ge=0, le=20)] = 0

    languages: dict[Language, LanguageSettings] = {}
    detect_language: bool = True

    def for_language(self, language: str) -> "BotSettings":
        """With the thresholds of that language in place of the bot's."""
        own = self.languages.get(language)
        return self.model_copy(update=own.model_dump(exclude_none=True)) if own else self


class BotIdentity(Value):
    id: str
    name: str


class FileRef(Value):
    name: str
    digest: Digest
    size_bytes: Annotated[int, Field(ge=0)]


class EncoderManifest(Document):
    """The shared sentence encoder: an artifact like any other, named by `digest` of this document."""

    name: str
    files: tuple[FileRef, ...]
    dimensions: Annotated[int, Field(ge=1, le=8192)]
    max_tokens: Annotated[int, Field(ge=1, le=4096)]


class Runtime(Value):
    """What a serving process must be able to execute."""

    opset: int
    ir_version: int
    operators: tuple[str, ...]


class ModelManifest(Document):
    """A trained model of one language, named by `digest`. `labels` are intent ids in output order."""

    language: Language
    profile: Profile
    fingerprint: Digest
    labels: tuple[str, ...]
    files: tuple[FileRef, ...]
    encoder: EncoderManifest | None
    ngram_buckets: int
    scope_threshold: float
    fold_accents: bool
    probes: tuple[Probe, ...]
    runtime: Runtime

    def all_files(self) -> tuple[FileRef, ...]:
        return self.files + (self.encoder.files if self.encoder else ())


@dataclass(frozen=True, slots=True, kw_only=True, config=ROW)
class ExpressionMark:
    """The expressions of one intent in one language, without their text."""

    count: int
    fingerprint: Digest


class IntentMark(Value):
    """What leaves draft of an intent: enough for freshness, diff and reference checks, no text."""

    id: str
    name: str
    expressions: dict[Language, ExpressionMark]

    @property
    def expression_count(self) -> int:
        return sum(mark.count for mark in self.expressions.values())


class Flow(Document):
    """A folder of blocks. `blocks` are validated by `shared.flows.block`; here they are plain JSON."""

    id: str
    name: str
    blocks: tuple[dict[str, Any], ...] = ()
    variables: tuple[str, ...] = ()


class Release(Document):
    """An immutable, complete version of a bot: behaviour only, nothing of where it came from."""

    schema_version: Literal[1] = SCHEMA_VERSION
    bot: BotIdentity
    settings: BotSettings
    languages: tuple[Language, ...]
    intents: tuple[IntentMark, ...]
    entities: dict[str, dict[str, Any]] = {}
    models: dict[Language, ModelManifest] = {}
    flows: dict[str, Flow] = {}
    variables: dict[str, dict[str, Any]] = {}


NlpStatus = Literal["never_trained", "training", "failed", "stale", "trained"]


class LanguageNlp(Value):
    """The NLP of one language as draft has it. `model` is the last trained one, stale or not."""

    status: NlpStatus
    fingerprint: Digest
    model: ModelManifest | None = None
    trained_at: datetime | None = None
    error: str | None = None


class Snapshot(Document):
    """A consistent reading of a draft bot: what a publication composes from."""

    bot: BotIdentity
    settings: BotSettings
    languages: tuple[Language, ...]
    intents: tuple[IntentMark, ...]
    entities: dict[str, dict[str, Any]]
    flows: dict[str, Flow]
    variables: dict[str, dict[str, Any]]
    nlp: dict[Language, LanguageNlp]


class ActiveRelease(Value):
    """What live serves of a bot, as live tells it; `unavailable` when it cannot be loaded there."""

    number: int
    digest: Digest
    release: Release
    unavailable: bool = False


class ScoredIntent(Value):
    id: str
    name: str
    confidence: float


class FoundEntity(Value):
    """`start` and `end` are character offsets into the original text."""

    entity: str
    value: Any
    start: int
    end: int
    confidence: float


class Classification(Value):
    """The answer to one text. `intent` is None when not understood, and `reason` then says why."""

    text: str
    language: str
    understood: bool
    reason: str | None = None
    intent: ScoredIntent | None = None
    exact_match: bool = False
    scope: float | None = None
    ranking: tuple[ScoredIntent, ...] = ()
    entities: tuple[FoundEntity, ...] = ()
    model: str | None = None


Severity = Literal["blocker", "warning"]


class Finding(Value):
    """One result of a check: a value, never an exception. `subjects` name what it is about."""

    code: str
    severity: Severity
    message: str
    subjects: tuple[dict[str, Any], ...] = ()


class Proof(Value):
    """What one side computed from what it has stored: digests of bytes, and its own probe answers."""

    files: dict[str, Digest]
    probes: tuple[ProbeResult, ...]
    processor: str
    warnings: tuple[str, ...] = ()


class UserMessage(Value):
    """A message of a real user on its way from live to draft's inbox. `sequence` orders the feed."""

    sequence: int
    id: str
    text: str
    language: str
    intent: str | None
    confidence: float | None
    scope: float | None
    understood: bool
    exact: bool
    release: int
    conversation: str
    user: str | None
    received_at: datetime
