-- A row a request. Times are microseconds since the Unix epoch, durations microseconds, costs picodollars (1e-12 USD), flags 0 or 1.
CREATE TABLE llmroute_requests (
  id            TEXT PRIMARY KEY,
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
  price_version TEXT     NOT NULL
);
CREATE INDEX llmroute_requests_started ON llmroute_requests (started);

-- The sums of rows that are gone. day counts days in UTC since the Unix epoch. Costs can outgrow a BIGINT of picodollars here, so
-- they stand in two: microdollars, and the picodollars that are left over.
CREATE TABLE llmroute_daily (
  day         BIGINT NOT NULL,
  team        TEXT   NOT NULL,
  user_name   TEXT   NOT NULL,
  client      TEXT   NOT NULL,
  route       TEXT   NOT NULL,
  model       TEXT   NOT NULL,
  provider    TEXT   NOT NULL,
  requests    BIGINT NOT NULL,
  failed      BIGINT NOT NULL,
  estimated   BIGINT NOT NULL,
  unpriced    BIGINT NOT NULL,
  input       BIGINT NOT NULL,
  cached      BIGINT NOT NULL,
  cache_write BIGINT NOT NULL,
  output      BIGINT NOT NULL,
  reasoning   BIGINT NOT NULL,
  cost_micro  BIGINT NOT NULL,
  cost_rest   BIGINT NOT NULL,
  PRIMARY KEY (day, team, user_name, client, route, model, provider)
);

-- Every price that a row was made with, as JSON.
CREATE TABLE llmroute_prices (
  version TEXT PRIMARY KEY,
  price   TEXT NOT NULL
);
