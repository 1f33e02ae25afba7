# nbprod as an image: `docker build -t nbprod .`, then in a repository
# `docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" nbprod check`
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY nbprod nbprod
RUN python -m venv /opt/nbprod && /opt/nbprod/bin/pip install --no-cache-dir '.[lsp,mcp]'

FROM python:3.12-slim
# --since, --new-since and `nbprod report --base` read objects of Git.
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/nbprod /opt/nbprod
ENV PATH=/opt/nbprod/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["nbprod"]
CMD ["check"]
