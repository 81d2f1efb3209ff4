"""What is said where a bot has no block of its own for it."""

FALLBACK_TEXTS = {
    "not_understood": "Sorry, I did not understand that. Could you say it in other words?",
    "error": "Sorry, something went wrong here. Please try again.",
    "bot_disabled": "This assistant is switched off just now.",
    "message_too_long": "Sorry, that message is too long for me. Could you make it shorter?",
}
