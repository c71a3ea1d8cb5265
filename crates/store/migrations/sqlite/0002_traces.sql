-- The last traces of each gateway. `document` is JSON, as `listTrace` answers it.
CREATE TABLE traces (
    gateway  TEXT   NOT NULL,
    id       TEXT   NOT NULL,
    at_ms    BIGINT NOT NULL,
    document TEXT   NOT NULL,
    PRIMARY KEY (gateway, id)
);
CREATE INDEX traces_by_time ON traces (gateway, at_ms);
