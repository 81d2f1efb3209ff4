"""`python -m services.draft_api`"""

import os

from services.draft_api.app import draft_app
from services.draft_api.trainers import SILENCE_SECONDS
from shared.jobs import DurableJobs, jobs_url
from shared.priority import AFTER_LIVE, step_back
from shared.settings import service_settings
from shared.web.serve import serve


def main() -> None:
    step_back(AFTER_LIVE)
    settings = service_settings("draft")
    silence = float(os.environ.get("GREENROOM_DRAFT_TRAINING_SILENCE_SECONDS", SILENCE_SECONDS))
    jobs = DurableJobs("draft", jobs_url(settings.database_url))
    serve("draft_api", 8001, settings, lambda: draft_app(settings, jobs, silence))


if __name__ == "__main__":
    main()
