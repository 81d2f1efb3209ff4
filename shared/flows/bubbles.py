"""What a bot can say in one bubble: a text with variants, choices, cards to leaf through, a picture."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shared.document import Value
from shared.flows.conversation import CardReply, MediaReply
from shared.flows.fields import Choice, Link, SpokenText, SpokenTitle
from shared.flows.steps import Card, Moment, Option, Say
from shared.flows.text import Text

Buttons = Annotated[tuple[Choice, ...], Field(max_length=3)]


class CarouselCard(Value):
    """One of several things to leaf through."""

    title: SpokenTitle
    subtitle: SpokenTitle | None = None
    image_url: Link | None = None
    buttons: Buttons = ()

    def shown(self, moment: Moment) -> Card:
        face = CardReply(
            title=moment.speak(self.title),
            subtitle=moment.speak(self.subtitle) if self.subtitle else None,
            image_url=moment.link(self.image_url) if self.image_url else None,
        )
        return Card(face, _options(self.buttons, moment))


class Media(Value):
    """Something to look at, to listen to or to keep, which the platform fetches from `url`."""

    type: Literal["image", "video", "audio", "file"]
    url: Link

    def shown(self, moment: Moment) -> MediaReply:
        return MediaReply(type=self.type, url=moment.link(self.url))


class Message(Value):
    """One bubble. Of `variants`, one is said at random, the same for the same message."""

    text: SpokenText | None = None
    variants: Annotated[tuple[SpokenText, ...], Field(max_length=50)] = ()
    buttons: Buttons = ()
    quick_replies: Annotated[tuple[Choice, ...], Field(max_length=13)] = ()
    carousel: Annotated[tuple[CarouselCard, ...], Field(max_length=10)] = ()
    media: Media | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Message":
        if self.text is not None and self.variants:
            raise ValueError("give either text or variants")
        if not (self.spellings or self.carousel or self.media):
            raise ValueError("give a text, variants, a carousel or media")
        return self

    @property
    def spellings(self) -> tuple[Text, ...]:
        return self.variants if self.text is None else (self.text,)

    def said(self, moment: Moment, place: str) -> Say:
        cards = (card.shown(moment) for card in self.carousel)
        return Say(
            text=moment.speak(moment.pick(self.spellings, place)) if self.spellings else "",
            buttons=_options(self.buttons, moment),
            quick_replies=_options(self.quick_replies, moment),
            carousel=tuple(card for card in cards if card.face.title.strip()),
            media=self.media.shown(moment) if self.media else None,
        )

    def choices(self) -> Iterator[Choice]:
        yield from self.buttons
        yield from self.quick_replies
        for card in self.carousel:
            yield from card.buttons

    def texts(self) -> Iterator[Text]:
        yield from self.spellings
        for card in self.carousel:
            yield from filter(None, (card.title, card.subtitle))
        yield from (choice.title for choice in self.choices())

    def templates(self) -> Iterator[str]:
        """What is rendered and never read."""
        yield from filter(None, (choice.url for choice in self.choices()))
        yield from (text for choice in self.choices() for text in choice.templates())
        yield from filter(None, (card.image_url for card in self.carousel))
        if self.media:
            yield self.media.url


def said_all(messages: Iterable[Message], moment: Moment, place: str) -> tuple[Say, ...]:
    """`place` names the block that says them."""
    return tuple(message.said(moment, f"{place}/{index}") for index, message in enumerate(messages))


def _options(choices: Iterable[Choice], moment: Moment) -> tuple[Option, ...]:
    """A choice whose title comes out blank could be neither seen nor picked."""
    options = (choice.shown(moment) for choice in choices)
    return tuple(option for option in options if option.title.strip())
