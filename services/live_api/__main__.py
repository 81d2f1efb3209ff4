"""`python -m services.live_api`"""

from services.live_api.app import live_app
from services.live_api.settings import live_settings
from services.live_api.shortcut import Shortcut
from shared.settings import service_settings
from shared.web.serve import prepare_worker, serve


def main() -> None:
    settings = service_settings("live")
    serve("live_api", 8002, settings, lambda: live_app(settings, live_settings()), f"{__package__}.__main__:worker")


def worker() -> Shortcut:
    """The application of one of several processes."""
    prepare_worker()
    return live_app(service_settings("live"), live_settings())


if __name__ == "__main__":
    main()
