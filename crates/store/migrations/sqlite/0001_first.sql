-- Revisions, resources and their history. Revision numbers are the database's own: one per write
-- transaction, whatever the service.
CREATE TABLE head (
    id       BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    revision BIGINT NOT NULL
);
INSERT INTO head (id, revision) VALUES (1, 0);

-- `key` is `path` without case. `body` is JSON; `sealed` is base64 of AES-256-GCM over the JSON of
-- the secret properties, or empty.
CREATE TABLE resources (
    service  TEXT   NOT NULL,
    key      TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    path     TEXT   NOT NULL,
    revision BIGINT NOT NULL,
    body     TEXT   NOT NULL,
    sealed   TEXT   NOT NULL,
    PRIMARY KEY (service, key)
);

-- The audit trail, the undo history and the feed of replicas.
CREATE TABLE changes (
    revision      BIGINT NOT NULL,
    ordinal       BIGINT NOT NULL,
    service       TEXT   NOT NULL,
    at            TEXT   NOT NULL,
    actor         TEXT   NOT NULL,
    kind          TEXT   NOT NULL,
    path          TEXT   NOT NULL,
    before_body   TEXT,
    before_sealed TEXT,
    after_body    TEXT,
    after_sealed  TEXT,
    PRIMARY KEY (revision, ordinal)
);

-- One row per node of a gateway. `heartbeat` is the last one's JSON; `sequence` the last telemetry
-- batch taken of it.
CREATE TABLE nodes (
    gateway           TEXT   NOT NULL,
    node              TEXT   NOT NULL,
    first_seen_ms     BIGINT NOT NULL,
    last_heartbeat_ms BIGINT NOT NULL,
    heartbeat         TEXT   NOT NULL,
    PRIMARY KEY (gateway, node)
);
CREATE TABLE batches (
    gateway  TEXT   NOT NULL,
    node     TEXT   NOT NULL,
    sequence BIGINT NOT NULL,
    at_ms    BIGINT NOT NULL,
    PRIMARY KEY (gateway, node)
);

-- One row per minute (Unix seconds of its start) and combination of dimensions. The sketches are
-- JSON, see the contract.
CREATE TABLE rollups (
    minute         BIGINT NOT NULL,
    gateway        TEXT   NOT NULL,
    region         TEXT   NOT NULL,
    api            TEXT   NOT NULL,
    operation      TEXT   NOT NULL,
    product        TEXT   NOT NULL,
    subscription   TEXT   NOT NULL,
    consumer       TEXT   NOT NULL,
    outcome        TEXT   NOT NULL,
    cache          TEXT   NOT NULL,
    calls          BIGINT NOT NULL,
    request_bytes  BIGINT NOT NULL,
    response_bytes BIGINT NOT NULL,
    total_time     BLOB NOT NULL,
    backend_time   BLOB NOT NULL,
    PRIMARY KEY (minute, gateway, region, api, operation, product, subscription, consumer, outcome, cache)
);

CREATE TABLE requests (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp_ms BIGINT NOT NULL,
    gateway      TEXT   NOT NULL,
    region       TEXT   NOT NULL,
    record       TEXT   NOT NULL
);
CREATE INDEX requests_by_time ON requests (timestamp_ms);
