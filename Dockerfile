# The image that registration Jobs and token brokers run: the package (`npm pack`), and what it is installed with. It has no
# shell: a base needs Node, and the libraries of Node.
#
# Both images are named by digest. BUILD_IMAGE has Node, npm and tar; it runs on the machine that builds, because nothing that it
# installs depends on the architecture. BASE_IMAGE is what the program runs on, and NODE is the path of Node in it.
ARG BUILD_IMAGE=node
ARG BUILD_DIGEST
ARG BASE_IMAGE=gcr.io/distroless/nodejs22-debian12
ARG BASE_DIGEST

FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE}@${BUILD_DIGEST} AS build
ARG NODE=/nodejs/bin/node
WORKDIR /image/app
COPY lakekeeper-gitops-*.tgz /package.tgz
COPY package-lock.json .npmrc ./
RUN tar --extract --gzip --strip-components 1 --file /package.tgz package/lib package/package.json package/LICENSE \
 && npm ci --omit=dev --ignore-scripts \
 && rm package-lock.json .npmrc \
 && sed -i "1s|.*|#!$NODE|" lib/cli.js \
 && mkdir --parents /image/usr/local/bin \
 && ln -s ../../../app/lib/cli.js /image/usr/local/bin/lakekeeper-gitops \
 && chmod -R a+rX,go-w /image && chmod 755 lib/cli.js

FROM ${BASE_IMAGE}@${BASE_DIGEST}
ARG BASE_IMAGE
ARG BASE_DIGEST
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title=lakekeeper-gitops \
      org.opencontainers.image.description="A Lakekeeper Iceberg REST catalog for every organisation, the GitOps way" \
      org.opencontainers.image.source=https://github.com/lakekeeper-gitops/lakekeeper-gitops \
      org.opencontainers.image.documentation=https://github.com/lakekeeper-gitops/lakekeeper-gitops/blob/main/docs/releases.md \
      org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.version=${VERSION} \
      org.opencontainers.image.revision=${REVISION} \
      org.opencontainers.image.base.name=${BASE_IMAGE} \
      org.opencontainers.image.base.digest=${BASE_DIGEST}
COPY --from=build /image /
# Any other number does as well: nothing is written, and everybody may read all of it.
USER 65532:65532
ENTRYPOINT ["lakekeeper-gitops"]
# For the token broker. Kubernetes does not read it.
HEALTHCHECK --interval=10s --timeout=5s CMD ["lakekeeper-gitops", "token-broker", "--probe"]
