"""Tables on standard output. Cells are text: what a user wrote is never taken for markup."""

from collections.abc import Iterable, Sequence
from typing import Any


def show_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], on_error_output: bool = False) -> None:
    """One row a line where it fits; `None` shows as nothing."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console(stderr=on_error_output).print(table)
