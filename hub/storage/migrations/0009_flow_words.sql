-- Which command the last error of a vendor order belongs to: only the same command takes it away.
ALTER TABLE vendor_order ADD COLUMN last_error_command VARCHAR(50);

-- What waiting flows want to be woken by: one row for each subject and event type (plugin-contract
-- section 6). woken_at is set in the event's own transaction.
CREATE TABLE flow_wake (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  flow_id CHAR(36) NOT NULL,
  subject_type VARCHAR(50) NOT NULL,
  subject_id CHAR(36) NOT NULL,
  event_type VARCHAR(100) NOT NULL,
  woken_at DATETIME(3),
  created_at DATETIME(3) NOT NULL,
  FOREIGN KEY (flow_id) REFERENCES flow (id)
);
CREATE INDEX ix_flow_wake_flow ON flow_wake (flow_id);
CREATE INDEX ix_flow_wake_subject ON flow_wake (tenant_id, subject_type, subject_id, event_type);
