-- What the flow engine needs beside the core: why a flow waits, secrets for its caller, and the age
-- of its entries.
ALTER TABLE flow ADD COLUMN waits_for VARCHAR(32);
ALTER TABLE flow ADD COLUMN transient_enc MEDIUMTEXT;
ALTER TABLE flow ADD COLUMN transient_until DATETIME(3);
ALTER TABLE flow ADD COLUMN cleared_at DATETIME(3);
ALTER TABLE flow_step ADD COLUMN look_up_after_ms BIGINT;
ALTER TABLE flow_step ADD COLUMN blamed INT NOT NULL DEFAULT 0;
CREATE INDEX ix_flow_finished ON flow (finished_at);
CREATE INDEX ix_flow_step_age ON flow_step (updated_at);
