# FuseSearch in a container: the command, as a user without rights. docs/set-ups.md says how to run it.
FROM node:22-slim AS build
WORKDIR /build
COPY . .
# The first line of packing installs what the build needs and builds.
RUN npm pack -w packages/fusesearch --pack-destination /tmp

FROM node:22-slim
# git is needed to search commits (--rev) and to see which ignored files it tracks.
RUN apt-get update \
 && apt-get install -y --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /tmp/fusesearch-*.tgz /tmp/
RUN npm install --global --no-audit --no-fund /tmp/fusesearch-*.tgz \
 && npm cache clean --force \
 && rm /tmp/fusesearch-*.tgz
USER node
# Mount the repository here, read-only.
WORKDIR /repository
ENTRYPOINT ["fusesearch"]
CMD ["mcp"]
