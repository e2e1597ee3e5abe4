-- Where the feeds of an account stand (plugin-contract section 7): one row an account and feed of
-- its plugin's manifest. The cursor moves in the unit that ends the run which read up to it.
CREATE TABLE feed_state (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  provider_config_id CHAR(36) NOT NULL,
  feed VARCHAR(50) NOT NULL,
  interval_ms BIGINT NOT NULL,
  cursor_enc MEDIUMTEXT,
  next_at DATETIME(3) NOT NULL,
  failures INT NOT NULL DEFAULT 0,
  last_done_at DATETIME(3),
  last_error VARCHAR(500),
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenant (id),
  FOREIGN KEY (provider_config_id) REFERENCES provider_config (id)
);
CREATE UNIQUE INDEX uq_feed_state ON feed_state (provider_config_id, feed);
CREATE INDEX ix_feed_state_due ON feed_state (next_at);

-- How long journals of the account are kept for comparison; 0: no longer than any journal.
ALTER TABLE provider_config ADD COLUMN recording_days INT NOT NULL DEFAULT 0;
