"""What is asked of the inbox: messages that come home, rows that become expressions or are dismissed."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.contracts import UserMessage

# Within these every database and every time zone can tell the time.
_FIRST_YEAR, _LAST_YEAR = 1970, 9000


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Delivery(_Closed):
    messages: Annotated[list[UserMessage], Field(max_length=1000)]

    @field_validator("messages")
    @classmethod
    def _of_our_time(cls, messages: list[UserMessage]) -> list[UserMessage]:
        if any(not _FIRST_YEAR <= message.received_at.year <= _LAST_YEAR for message in messages):
            raise ValueError("a message was received at a time that no calendar of ours has")
        return messages


class Delivered(BaseModel):
    added: int


class Acceptance(_Closed):
    id: str
    intent: str
    text: Annotated[str, Field(min_length=1, max_length=1000)] | None = None


class Acceptances(_Closed):
    """Their ids are those of the list."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"items": [{"id": "inbox_1", "intent": "bring_bicycle"}]}]}
    )

    items: Annotated[list[Acceptance], Field(min_length=1, max_length=500)]


class Dismissals(_Closed):
    """Their ids are those of the list."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"ids": ["inbox_1"]}]})

    ids: Annotated[list[str], Field(min_length=1, max_length=500)]


class Handled(BaseModel):
    handled: int
