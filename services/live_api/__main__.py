"""`python -m services.live_api`"""

from services.live_api.app import live_app
from services.live_api.settings import live_settings
from shared.settings import service_settings
from shared.web.serve import serve


def main() -> None:
    settings = service_settings("live")
    serve("live_api", 8002, settings, lambda: live_app(settings, live_settings()))


if __name__ == "__main__":
    main()
