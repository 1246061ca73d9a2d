# The desk as an image; docs/ways-to-run.md says how it is run. Another base that is Debian 12:
# --build-arg BASE=…
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS packages
RUN apt-get update && apt-get install --yes --no-install-recommends binutils python3-venv
WORKDIR /srv/lodge
RUN python3 -m venv .venv
COPY requirements.txt ./
# Exact versions, wheels only: nothing is compiled or resolved here.
RUN .venv/bin/pip install --no-cache-dir --no-deps --only-binary :all: --no-compile \
    -r requirements.txt
# A third of it is never read: where numbers of the world's telephones are, languages that the desk
# does not speak, tests and debugging symbols of others. Nothing is installed into an image later.
RUN .venv/bin/pip uninstall --yes --quiet setuptools pip \
    && cd .venv/lib/python3*/site-packages \
    && rm -r phonenumbers/geodata phonenumbers/carrierdata phonenumbers/tzdata \
        Crypto/SelfTest sqlalchemy/testing \
    && find babel/locale-data -type f ! -name 'root.dat' ! -name 'en*.dat' ! -name 'ru*.dat' -delete \
    && find . -name '*.so' ! -path './*.libs/*' -exec strip --strip-debug {} +
COPY . ./

FROM ${BASE} AS runtime
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /usr/share/doc/* \
    && find /usr/lib/python3* -name '*.pyc' -delete \
    && install -d -m 700 -o 10001 -g 10001 /data /backups
# It belongs to root, and the desk cannot change it.
COPY --from=packages /srv/lodge /srv/lodge
WORKDIR /srv/lodge
# The root is read-only later. Of what is not ours, only what our programs import is compiled.
RUN .venv/bin/python -m compileall -q jobs migrations portal wsgi.py \
    && DATA_DIR=/tmp/none SECRET_KEY=none BASE_URL=http://localhost .venv/bin/python -c \
    'import wsgi, alembic.command, gunicorn.app.wsgiapp, minio, psycopg, sentry_sdk; \
    import jobs.fetching.program, jobs.receiving.program, jobs.rq_worker, jobs.streaming.program' \
    && rm -rf /tmp/*
# A number, so that nobody has to look a name up to see that it is not root.
USER 10001:10001
ENV PATH=/srv/lodge/.venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    LISTEN=0.0.0.0:8000 \
    PORT=8000
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health', timeout=4)"]
CMD ["python", "-m", "jobs.web"]

# `backup` and `restore` of PostgreSQL use its own programs, as new as the server of compose.yaml.
FROM runtime AS backup
USER 0:0
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client-15 \
    && rm -rf /var/lib/apt/lists/*
USER 10001:10001
VOLUME /backups
HEALTHCHECK NONE
CMD ["flask", "--app", "wsgi", "backup", "--help"]

FROM runtime AS desk
