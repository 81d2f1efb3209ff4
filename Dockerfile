# One image, three services: the command says which (see docker-compose.yml).
FROM python:3.12-slim AS build
WORKDIR /greenroom
COPY requirements/runtime.txt requirements/runtime.txt
RUN python -m venv /opt/greenroom && /opt/greenroom/bin/pip install --no-cache-dir -r requirements/runtime.txt
COPY . .
# The profiles whose encoder the image has; `accurate` fetches 73 MB.
ARG ENCODERS="default multilingual"
RUN /opt/greenroom/bin/pip install --no-cache-dir --no-deps -e . \
 && for profile in $ENCODERS; do \
      /opt/greenroom/bin/python -m services.draft_api.training.encoder_build --profile "$profile" \
      || echo "No encoder could be built for the profile $profile: it is not available."; \
    done

FROM python:3.12-slim
RUN useradd --system --home /data --create-home greenroom
COPY --from=build /opt/greenroom /opt/greenroom
COPY --from=build /greenroom /greenroom
WORKDIR /greenroom
ENV PATH=/opt/greenroom/bin:$PATH GREENROOM_DATA=/data PYTHONUNBUFFERED=1
USER greenroom
VOLUME /data
