# llmroute as one static binary, run by a user that owns nothing. Every command of it is there: `serve`, and `envoy`
# and `demo` for a deployment's other parts.
FROM golang:1.26.8 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/llmroute ./cmd/llmroute
# What a volume that is mounted there starts as.
RUN mkdir -p /out/state

# CA certificates and a user are all that is in it.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/llmroute /usr/local/bin/llmroute
COPY --from=build --chown=65532:65532 /out/state /var/lib/llmroute
USER 65532:65532
WORKDIR /etc/llmroute
EXPOSE 9002 9003
ENTRYPOINT ["/usr/local/bin/llmroute"]
CMD ["serve"]
