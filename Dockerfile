# The image of the service: one static binary and two folders [4.1].
#
#   docker buildx build --platform linux/amd64,linux/arm64 .
#   buildah build --format docker .                             (OCI's format has no health check)
#   docker buildx build --target debug .                        (the same, with a shell)
#
# A binary that is built already takes the place of the first stage, on a machine that pulls nothing too:
#
#   buildah build --format docker --build-context binary=FOLDER .
#
# FOLDER holds amd64/asset-injector, arm64/asset-injector or both, and the empty folders folders/data and
# folders/rules. `cargo xtask test --only image` does that, runs the image and looks at what it does.

# Where the debug target has its shell from.
ARG SHELL_IMAGE=docker.io/library/busybox:1.37-musl

# Compiles on the machine's own processor for each target; Zig brings the C compiler and the linker for all of them.
FROM --platform=$BUILDPLATFORM docker.io/library/rust:1.95.0-slim-bookworm AS binary
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install --yes --no-install-recommends python3-venv && \
    rm -rf /var/lib/apt/lists/* && \
    python3 -m venv /opt/zig && \
    /opt/zig/bin/pip install --no-cache-dir cargo-zigbuild==0.24.0 ziglang==0.17.1 && \
    cargo install --locked cargo-auditable@0.7.7 && \
    install --directory --mode=0777 /folders/data /folders/rules
ENV PATH=/opt/zig/bin:$PATH
WORKDIR /source
# Before the sources, so that a change of them does not fetch it again.
COPY rust-toolchain.toml ./
RUN rustup target add x86_64-unknown-linux-musl aarch64-unknown-linux-musl
COPY . .
ARG TARGETARCH
# The commit and its time in seconds since 1970, which the binary tells; there is no git here.
ARG REVISION
ARG SOURCE_DATE_EPOCH
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/source/target,id=asset-injector-$TARGETARCH \
    case $TARGETARCH in \
      amd64) target=x86_64-unknown-linux-musl ;; \
      arm64) target=aarch64-unknown-linux-musl ;; \
      *) echo "no target for $TARGETARCH" >&2; exit 1 ;; \
    esac && \
    SOURCE_COMMIT=$REVISION cargo auditable zigbuild --release --locked --package asset-injector --target "$target" && \
    install -D --target-directory="/$TARGETARCH" "target/$target/release/asset-injector"

# The authorities that it trusts stand in the binary, so the image holds no certificates.
FROM scratch AS service
ARG TARGETARCH
COPY --from=binary /${TARGETARCH}/asset-injector /asset-injector
# Everyone may write the two folders: only the program is in here, and --user may make it run as anyone [4.2].
COPY --from=binary --chown=65532:65532 /folders/ /
ENV HOST=0.0.0.0 RULES_DIR=/rules DATA_DIR=/data
USER 65532:65532
EXPOSE 8080
VOLUME ["/data", "/rules"]
# It ends what it has begun, and says itself whether it is well [4.3, 4.7].
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["/asset-injector", "health-check"]
ENTRYPOINT ["/asset-injector"]
CMD ["serve"]
# Last, since they change with every commit.
ARG VERSION
ARG REVISION
ARG CREATED
ARG SOURCE=https://github.com/asset-injector/asset-injector
LABEL org.opencontainers.image.title="asset-injector" \
      org.opencontainers.image.description="Tells page-to-PDF pipelines which CSS and JavaScript to inject for a URL" \
      org.opencontainers.image.source="$SOURCE" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED"

FROM ${SHELL_IMAGE} AS shell

# The same with /bin/sh, whose other programs are called as in `busybox ls`.
FROM service AS debug
COPY --from=shell /bin/busybox /bin/busybox
COPY --from=shell /bin/busybox /bin/sh

# Without a target it is the service alone.
FROM service
