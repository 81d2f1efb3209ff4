# One image, three services: the command says which (see docker-compose.yml).
FROM python:3.12-slim AS build
WORKDIR /greenroom
COPY requirements/runtime.txt requirements/runtime.txt
RUN python -m venv /opt/greenroom && /opt/greenroom/bin/pip install --no-cache-dir -r requirements/runtime.txt
COPY . .
RUN /opt/greenroom/bin/pip install --no-cache-dir --no-deps -e . \
 && (/opt/greenroom/bin/python -m services.draft_api.training.encoder_build \
     || echo "No encoder could be built: the fast profile will be the default.") \
 && (/opt/greenroom/bin/python -m services.draft_api.training.encoder_build --profile multilingual \
     || echo "No encoder for many languages could be built: the multilingual profile is not available.")

FROM python:3.12-slim
RUN useradd --system --home /data --create-home greenroom
COPY --from=build /opt/greenroom /opt/greenroom
COPY --from=build /greenroom /greenroom
WORKDIR /greenroom
ENV PATH=/opt/greenroom/bin:$PATH GREENROOM_DATA=/data PYTHONUNBUFFERED=1
USER greenroom
VOLUME /data
