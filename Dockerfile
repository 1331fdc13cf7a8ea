# syntax=docker/dockerfile:1
# The gateway as an image: compiled JavaScript and its runtime dependencies from the lockfile.
ARG NODE_IMAGE=node:24.22.3-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json bundle.js LICENSE ./
COPY src ./src
COPY examples/board ./examples/board
RUN npm run build

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM ${NODE_IMAGE} AS runtime
LABEL org.opencontainers.image.title="gitlab-jobs-gateway" \
      org.opencontainers.image.licenses="MIT"
# Production disables GraphiQL and introspection. The heap limit is below the memory limits in deploy/.
ENV NODE_ENV=production \
    NODE_OPTIONS=--max-old-space-size=384 \
    PORT=4000
WORKDIR /app
COPY --from=dependencies --chown=0:0 /app/node_modules ./node_modules
COPY --from=build --chown=0:0 /app/dist ./dist
COPY --chown=0:0 schema ./schema
COPY --chown=0:0 package.json LICENSE ./
# The image's user "node", as a number, so that Kubernetes can verify that it is not root. It owns no files:
# the program writes none, and runs on a read-only file system.
USER 1000:1000
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Exec form: without a shell in between, the program receives the signals.
CMD ["node", "dist/cli.js"]
