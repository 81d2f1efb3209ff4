"""One environment for three databases; `-n NAME` picks the section of alembic.ini."""

import importlib

from alembic import context
from sqlalchemy import Connection, create_engine

from shared.db import with_driver


def run(connection: Connection) -> None:
    section = context.config.get_section(context.config.config_ini_section) or {}
    context.configure(
        connection=connection,
        target_metadata=importlib.import_module(section["tables"]).metadata,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    engine = create_engine(with_driver(context.get_x_argument(as_dictionary=True)["url"]))
    with engine.begin() as connection:
        run(connection)
    engine.dispose()


main()
