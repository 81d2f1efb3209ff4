"""`python -m services.publisher`"""

from services.publisher.app import publisher_app
from services.publisher.settings import publisher_settings
from shared.jobs import DurableJobs, jobs_url
from shared.priority import AFTER_LIVE, step_back
from shared.web.serve import serve


def main() -> None:
    step_back(AFTER_LIVE)
    settings = publisher_settings()
    jobs = DurableJobs("publisher", jobs_url(settings.service.database_url))
    serve("publisher", 8003, settings.service, lambda: publisher_app(settings, jobs))


if __name__ == "__main__":
    main()
