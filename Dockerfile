# FuseSearch in a container: the command, as a user without rights. docs/set-ups.md says how to run it.
FROM node:22-slim AS build
WORKDIR /build
COPY . .
# The first line of packing installs what the build needs and builds.
RUN npm pack -w packages/fusesearch -w packages/lab --pack-destination /tmp

# A worker of a queue with the lab: docker build --target fleet. compose.yaml uses it; docs/scale.md says how.
FROM node:22-slim AS fleet
RUN apt-get update \
 && apt-get install -y --no-install-recommends git ca-certificates \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/fusesearch
COPY --from=build /tmp/fusesearch-*.tgz /tmp/
# The native part of msgpackr is optional, and no install script runs.
RUN npm install --ignore-scripts --no-audit --no-fund /tmp/fusesearch-*.tgz bullmq@6.7.0 ioredis@6.0.0 \
 && rm -rf node_modules/msgpackr-extract node_modules/@msgpackr-extract /tmp/fusesearch-*.tgz \
 && npm cache clean --force \
 && ln -s /opt/fusesearch/node_modules/.bin/fusesearch /usr/local/bin/fusesearch \
 && mkdir /cache && chown node /cache
ENV FUSESEARCH_CACHE=/cache
USER node
WORKDIR /repositories
ENTRYPOINT ["fusesearch"]
CMD ["worker", "--help"]

FROM node:22-slim
# git is needed to search commits (--rev) and to see which ignored files it tracks.
RUN apt-get update \
 && apt-get install -y --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /tmp/fusesearch-[0-9]*.tgz /tmp/
RUN npm install --global --no-audit --no-fund /tmp/fusesearch-*.tgz \
 && npm cache clean --force \
 && rm /tmp/fusesearch-*.tgz
USER node
# Mount the repository here, read-only.
WORKDIR /repository
ENTRYPOINT ["fusesearch"]
CMD ["mcp"]
