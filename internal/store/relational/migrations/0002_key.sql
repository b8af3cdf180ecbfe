-- Rows are found by time, and a request that is reported twice has the same time both times. IDs are random: a key that begins with
-- them makes each batch touch as many pages of the index as it has rows, wherever they are. One that begins with the time touches the
-- last few, however large the table is, and serves questions, too.
CREATE TABLE llmroute_requests_by_time (
  id            TEXT     NOT NULL,
  request_id    TEXT     NOT NULL,
  started       BIGINT   NOT NULL,
  stored        BIGINT   NOT NULL,
  elapsed       BIGINT   NOT NULL,
  first_byte    BIGINT   NOT NULL,
  op            TEXT     NOT NULL,
  route         TEXT     NOT NULL,
  strategy      TEXT     NOT NULL,
  team          TEXT     NOT NULL,
  user_name     TEXT     NOT NULL,
  client        TEXT     NOT NULL,
  model         TEXT     NOT NULL,
  provider      TEXT     NOT NULL,
  stream        SMALLINT NOT NULL,
  status        INTEGER  NOT NULL,
  code          TEXT     NOT NULL,
  attempts      INTEGER  NOT NULL,
  failed        TEXT     NOT NULL,
  input         BIGINT   NOT NULL,
  cached        BIGINT   NOT NULL,
  cache_write   BIGINT   NOT NULL,
  output        BIGINT   NOT NULL,
  reasoning     BIGINT   NOT NULL,
  source        TEXT     NOT NULL,
  cost_pico     BIGINT   NOT NULL,
  priced        SMALLINT NOT NULL,
  price_version TEXT     NOT NULL,
  PRIMARY KEY (started, id)
);
INSERT INTO llmroute_requests_by_time
  SELECT id, request_id, started, stored, elapsed, first_byte, op, route, strategy, team, user_name, client, model, provider,
    stream, status, code, attempts, failed, input, cached, cache_write, output, reasoning, source, cost_pico, priced, price_version
  FROM llmroute_requests ORDER BY started, id;
DROP TABLE llmroute_requests;
ALTER TABLE llmroute_requests_by_time RENAME TO llmroute_requests;
