"""How many, in words."""


def counted(count: int, one: str, many: str) -> str:
    """`1 flow`, `2 flows`: the verb may come along."""
    return f"{count} {one if count == 1 else many}"
