-- Accounts behind one webhook URL: connection_id is the account whose endpoint and secrets they
-- share (plugin-contract section 3). A vendor's account is one account of ours on a connection.
ALTER TABLE provider_config ADD COLUMN connection_id CHAR(36);
CREATE UNIQUE INDEX uq_provider_config_connection
  ON provider_config (connection_id, external_account_ref);

-- The newest state of a subject (plugin-contract section 3, state_key).
CREATE INDEX ix_inbound_event_state
  ON inbound_event (provider_config_id, subject_id, received_at);
