-- The core tables. One text for SQLite and MariaDB: canonical-model.md section 6.
CREATE TABLE tenant (
  id CHAR(36) NOT NULL PRIMARY KEY,
  parent_id CHAR(36),
  path VARCHAR(512) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  name VARCHAR(255) NOT NULL,
  slug VARCHAR(56) NOT NULL,
  status VARCHAR(32) NOT NULL,
  settings MEDIUMTEXT NOT NULL,
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  FOREIGN KEY (parent_id) REFERENCES tenant (id)
);
CREATE UNIQUE INDEX uq_tenant_slug ON tenant (slug);
CREATE INDEX ix_tenant_path ON tenant (path);

CREATE TABLE counter (
  scope VARCHAR(100) NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
);

-- The key itself is shown once; only its hash is kept.
CREATE TABLE api_key (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  name VARCHAR(100) NOT NULL,
  key_hash CHAR(64) NOT NULL,
  permissions MEDIUMTEXT NOT NULL,
  created_by CHAR(36),
  last_used_at DATETIME(3),
  expires_at DATETIME(3),
  revoked_at DATETIME(3),
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
CREATE UNIQUE INDEX uq_api_key_hash ON api_key (key_hash);
CREATE INDEX ix_api_key_tenant ON api_key (tenant_id);

CREATE TABLE plugin (
  id CHAR(36) NOT NULL PRIMARY KEY,
  plugin_key VARCHAR(50) NOT NULL,
  version VARCHAR(20) NOT NULL,
  sdk_version VARCHAR(20) NOT NULL,
  library_file VARCHAR(255) NOT NULL,
  sha256 CHAR(64) NOT NULL,
  signature MEDIUMTEXT,
  state VARCHAR(32) NOT NULL,
  isolation VARCHAR(32) NOT NULL,
  is_default TINYINT NOT NULL DEFAULT 0,
  manifest MEDIUMTEXT NOT NULL,
  loaded_at DATETIME(3),
  last_error MEDIUMTEXT,
  crash_count INT NOT NULL DEFAULT 0,
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL
);
CREATE UNIQUE INDEX uq_plugin_version ON plugin (plugin_key, sha256);

-- An account: a tenant's connection to a vendor.
CREATE TABLE provider_config (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  plugin_key VARCHAR(50) NOT NULL,
  pinned_sha256 CHAR(64),
  provider_name VARCHAR(200) NOT NULL,
  provider_code VARCHAR(50) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  account_state VARCHAR(32) NOT NULL,
  endpoint_token_enc MEDIUMTEXT NOT NULL,
  endpoint_token_hash CHAR(64) NOT NULL,
  endpoint_previous_hash CHAR(64),
  endpoint_previous_until DATETIME(3),
  api_endpoint_url VARCHAR(500),
  external_account_ref VARCHAR(255),
  vendor_options MEDIUMTEXT NOT NULL,
  secret_names MEDIUMTEXT NOT NULL,
  auth_config_enc MEDIUMTEXT,
  max_retry_attempts INT NOT NULL DEFAULT 3,
  timeout_seconds INT NOT NULL DEFAULT 30,
  rate_limit_per_hour INT NOT NULL DEFAULT 1000,
  row_version INT NOT NULL DEFAULT 1,
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
CREATE UNIQUE INDEX uq_provider_config_code ON provider_config (tenant_id, provider_code);
CREATE UNIQUE INDEX uq_provider_config_endpoint ON provider_config (endpoint_token_hash);
CREATE INDEX ix_provider_config_previous ON provider_config (endpoint_previous_hash);
CREATE INDEX ix_provider_config_ref ON provider_config (plugin_key, external_account_ref);

CREATE TABLE inbound_event (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  provider_config_id CHAR(36),
  plugin_key VARCHAR(50) NOT NULL,
  transport VARCHAR(32) NOT NULL,
  source VARCHAR(50) NOT NULL,
  connection VARCHAR(64),
  event_type VARCHAR(100),
  vendor_event_id VARCHAR(255),
  dedupe_scope CHAR(36) NOT NULL,
  dedupe_key CHAR(64) NOT NULL,
  state_key CHAR(64),
  duplicates INT NOT NULL DEFAULT 0,
  request_enc MEDIUMTEXT NOT NULL,
  headers_enc MEDIUMTEXT NOT NULL,
  content_type VARCHAR(100),
  body_enc LONGBLOB NOT NULL,
  body_size_bytes BIGINT NOT NULL,
  proof VARCHAR(20) NOT NULL,
  is_hint TINYINT NOT NULL,
  status VARCHAR(32) NOT NULL,
  received_at DATETIME(3) NOT NULL,
  processed_at DATETIME(3),
  attempts INT NOT NULL DEFAULT 0,
  next_attempt_at DATETIME(3) NOT NULL,
  not_before DATETIME(3),
  owner VARCHAR(100),
  lease_until DATETIME(3),
  fence BIGINT NOT NULL DEFAULT 0,
  subject_type VARCHAR(50),
  subject_id VARCHAR(255),
  hold_reason VARCHAR(100),
  error VARCHAR(500),
  trace_id VARCHAR(64),
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
CREATE UNIQUE INDEX uq_inbound_event_dedupe ON inbound_event (dedupe_scope, dedupe_key);
CREATE INDEX ix_inbound_event_due ON inbound_event (status, next_attempt_at);
CREATE INDEX ix_inbound_event_received ON inbound_event (received_at);
CREATE INDEX ix_inbound_event_subject ON inbound_event (tenant_id, subject_type, subject_id);

-- What a delivery or a reply said; (source_id, ordinal) makes applying it idempotent.
CREATE TABLE observation (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  provider_config_id CHAR(36) NOT NULL,
  source_kind VARCHAR(32) NOT NULL,
  source_id CHAR(36) NOT NULL,
  ordinal INT NOT NULL,
  kind VARCHAR(32) NOT NULL,
  vendor_order_row_id CHAR(36),
  outcome VARCHAR(32) NOT NULL,
  document_enc MEDIUMTEXT NOT NULL,
  created_at DATETIME(3) NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
CREATE UNIQUE INDEX uq_observation_source ON observation (source_id, ordinal);
CREATE INDEX ix_observation_order ON observation (tenant_id, vendor_order_row_id, created_at);

CREATE TABLE person (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  external_ref VARCHAR(255),
  data_enc MEDIUMTEXT NOT NULL,
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_person_ref ON person (tenant_id, external_ref);

CREATE TABLE screening_order (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  order_number VARCHAR(50) NOT NULL,
  channel VARCHAR(32) NOT NULL,
  person_id CHAR(36) NOT NULL,
  application_ref VARCHAR(100),
  package_code VARCHAR(100),
  provider_config_id CHAR(36),
  parent_order_id CHAR(36),
  status VARCHAR(32) NOT NULL,
  held_from VARCHAR(32),
  hold_reason VARCHAR(50),
  action_reason VARCHAR(50),
  result VARCHAR(32),
  decision VARCHAR(32),
  completion_percentage INT NOT NULL DEFAULT 0,
  reference_number VARCHAR(100),
  job_location VARCHAR(20),
  request_enc MEDIUMTEXT,
  created_by CHAR(36),
  submitted_at DATETIME(3),
  dispatched_at DATETIME(3),
  results_ready_at DATETIME(3),
  completed_at DATETIME(3),
  closed_at DATETIME(3),
  estimated_completion_at DATETIME(3),
  last_activity_at DATETIME(3),
  row_version INT NOT NULL DEFAULT 1,
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenant (id),
  FOREIGN KEY (person_id) REFERENCES person (id)
);
CREATE UNIQUE INDEX uq_screening_order_number ON screening_order (order_number);
CREATE INDEX ix_screening_order_status ON screening_order (tenant_id, status, created_at);
CREATE INDEX ix_screening_order_person ON screening_order (tenant_id, person_id);

CREATE TABLE vendor_order (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  order_id CHAR(36) NOT NULL,
  provider_config_id CHAR(36) NOT NULL,
  plugin_key VARCHAR(50) NOT NULL,
  client_reference VARCHAR(100) NOT NULL,
  vendor_order_id VARCHAR(100),
  vendor_package VARCHAR(100),
  status VARCHAR(32) NOT NULL,
  vendor_status VARCHAR(50),
  as_of DATETIME(3),
  overall_outcome VARCHAR(32),
  raw_result VARCHAR(50),
  applicant_url_enc MEDIUMTEXT,
  applicant_url_expires_at DATETIME(3),
  estimated_at DATETIME(3),
  report_blob_id CHAR(36),
  submitted_at DATETIME(3),
  completed_at DATETIME(3),
  next_poll_at DATETIME(3),
  last_error VARCHAR(500),
  fetch_wanted BIGINT NOT NULL DEFAULT 0,
  fetch_done BIGINT NOT NULL DEFAULT 0,
  fetched_version VARCHAR(255),
  last_fetch_started_at DATETIME(3),
  row_version INT NOT NULL DEFAULT 1,
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenant (id),
  FOREIGN KEY (order_id) REFERENCES screening_order (id),
  FOREIGN KEY (provider_config_id) REFERENCES provider_config (id)
);
CREATE UNIQUE INDEX uq_vendor_order_vendor ON vendor_order (provider_config_id, vendor_order_id);
CREATE UNIQUE INDEX uq_vendor_order_reference ON vendor_order (provider_config_id, client_reference);
CREATE INDEX ix_vendor_order_order ON vendor_order (tenant_id, order_id);
CREATE INDEX ix_vendor_order_poll ON vendor_order (status, next_poll_at);

CREATE TABLE screening_check (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  person_id CHAR(36) NOT NULL,
  order_id CHAR(36) NOT NULL,
  vendor_order_row_id CHAR(36),
  ordinal INT NOT NULL,
  check_type VARCHAR(50) NOT NULL,
  vendor_type VARCHAR(255),
  vendor_check_id VARCHAR(100),
  vendor_status VARCHAR(50),
  status VARCHAR(32) NOT NULL,
  result VARCHAR(32),
  outcome VARCHAR(32),
  verdict VARCHAR(32),
  scope VARCHAR(50),
  severity VARCHAR(32),
  jurisdiction VARCHAR(100),
  added_by_vendor TINYINT NOT NULL DEFAULT 0,
  estimated_at DATETIME(3),
  started_at DATETIME(3),
  completed_at DATETIME(3),
  details_enc MEDIUMTEXT,
  withdrawn_at DATETIME(3),
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenant (id),
  FOREIGN KEY (order_id) REFERENCES screening_order (id),
  FOREIGN KEY (vendor_order_row_id) REFERENCES vendor_order (id)
);
CREATE INDEX ix_screening_check_order ON screening_check (tenant_id, order_id);

CREATE TABLE finding (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  check_id CHAR(36) NOT NULL,
  order_id CHAR(36) NOT NULL,
  person_id CHAR(36) NOT NULL,
  ordinal INT NOT NULL,
  kind VARCHAR(32) NOT NULL,
  check_type VARCHAR(50) NOT NULL,
  category VARCHAR(50),
  offense_type VARCHAR(100),
  offense_level VARCHAR(32),
  is_conviction TINYINT,
  severity VARCHAR(32),
  description_enc MEDIUMTEXT,
  finding_date DATE,
  file_date DATE,
  disposition_date DATE,
  disposition_enc MEDIUMTEXT,
  sentence_enc MEDIUMTEXT,
  jurisdiction VARCHAR(100),
  case_number_enc MEDIUMTEXT,
  details_enc MEDIUMTEXT,
  dedupe_key CHAR(64) NOT NULL,
  removed_at DATETIME(3),
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenant (id),
  FOREIGN KEY (check_id) REFERENCES screening_check (id)
);
CREATE UNIQUE INDEX uq_finding_dedupe ON finding (check_id, dedupe_key);
CREATE INDEX ix_finding_order ON finding (tenant_id, order_id);

-- unique_key holds (type, id) of a unique link, and the entity too of a narrowing one.
CREATE TABLE external_link (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  provider_config_id CHAR(36) NOT NULL,
  entity_type VARCHAR(50) NOT NULL,
  entity_id CHAR(36) NOT NULL,
  system_key VARCHAR(50) NOT NULL,
  external_type VARCHAR(50) NOT NULL,
  external_id VARCHAR(255) NOT NULL,
  is_unique TINYINT NOT NULL,
  unique_key CHAR(64) NOT NULL,
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
CREATE UNIQUE INDEX uq_external_link ON external_link (provider_config_id, entity_type, unique_key);
CREATE INDEX ix_external_link_entity ON external_link (tenant_id, entity_type, entity_id);
CREATE INDEX ix_external_link_id ON external_link (provider_config_id, external_type, external_id);

-- Append-only. seq, prev_hash and hash stay null until the relay numbers the row.
CREATE TABLE audit_entry (
  id CHAR(36) NOT NULL PRIMARY KEY,
  seq BIGINT,
  tenant_id CHAR(36) NOT NULL,
  occurred_at DATETIME(3) NOT NULL,
  actor_type VARCHAR(32) NOT NULL,
  actor_id VARCHAR(64),
  actor_name VARCHAR(255),
  action VARCHAR(100) NOT NULL,
  operation VARCHAR(32) NOT NULL,
  resource_type VARCHAR(50) NOT NULL,
  resource_id VARCHAR(64) NOT NULL,
  order_id CHAR(36),
  check_id CHAR(36),
  person_id CHAR(36),
  is_timeline TINYINT NOT NULL,
  title VARCHAR(255),
  description MEDIUMTEXT,
  old_status VARCHAR(50),
  new_status VARCHAR(50),
  changes_enc MEDIUMTEXT,
  visible_mask INT NOT NULL,
  ip_address VARCHAR(45),
  trace_id VARCHAR(64),
  prev_hash CHAR(64),
  hash CHAR(64),
  created_at DATETIME(3) NOT NULL
);
CREATE UNIQUE INDEX uq_audit_entry_seq ON audit_entry (tenant_id, seq);
CREATE INDEX ix_audit_entry_order ON audit_entry (order_id, seq);
CREATE INDEX ix_audit_entry_resource ON audit_entry (resource_type, resource_id);
CREATE INDEX ix_audit_entry_new ON audit_entry (seq, occurred_at);

CREATE TABLE outbound_event (
  id CHAR(36) NOT NULL PRIMARY KEY,
  seq BIGINT,
  tenant_id CHAR(36) NOT NULL,
  event_type VARCHAR(100) NOT NULL,
  event_version VARCHAR(10) NOT NULL,
  subject_type VARCHAR(50) NOT NULL,
  subject_id VARCHAR(64) NOT NULL,
  person_id CHAR(36),
  partition_key VARCHAR(80) NOT NULL,
  idempotency_key CHAR(64) NOT NULL,
  source VARCHAR(50) NOT NULL,
  payload MEDIUMTEXT NOT NULL,
  trace_id VARCHAR(64),
  occurred_at DATETIME(3) NOT NULL,
  published_at DATETIME(3),
  created_at DATETIME(3) NOT NULL
);
CREATE UNIQUE INDEX uq_outbound_event_seq ON outbound_event (seq);
CREATE INDEX ix_outbound_event_published ON outbound_event (published_at, seq);
CREATE INDEX ix_outbound_event_type ON outbound_event (tenant_id, event_type, seq);

CREATE TABLE alert (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  alert_type VARCHAR(100) NOT NULL,
  severity VARCHAR(32) NOT NULL,
  person_id CHAR(36),
  subject_type VARCHAR(50) NOT NULL,
  subject_id VARCHAR(255) NOT NULL,
  description MEDIUMTEXT NOT NULL,
  details_enc MEDIUMTEXT,
  status VARCHAR(32) NOT NULL,
  dedupe_key CHAR(64) NOT NULL,
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
CREATE UNIQUE INDEX uq_alert_dedupe ON alert (tenant_id, dedupe_key);
CREATE INDEX ix_alert_status ON alert (tenant_id, status, created_at);

CREATE TABLE task (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  subject_type VARCHAR(50) NOT NULL,
  subject_id VARCHAR(255) NOT NULL,
  assignee_id CHAR(36),
  role VARCHAR(50),
  due_at DATETIME(3),
  status VARCHAR(32) NOT NULL,
  outcome VARCHAR(50),
  notes_enc MEDIUMTEXT,
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_task_status ON task (tenant_id, status, due_at);

CREATE TABLE flow (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  provider_config_id CHAR(36) NOT NULL,
  plugin_key VARCHAR(50) NOT NULL,
  plugin_sha256 CHAR(64) NOT NULL,
  command VARCHAR(50) NOT NULL,
  subject_type VARCHAR(50) NOT NULL,
  subject_id VARCHAR(64) NOT NULL,
  idempotency_key CHAR(64),
  dedupe_key CHAR(64),
  state VARCHAR(32) NOT NULL,
  wake_at DATETIME(3) NOT NULL,
  owner VARCHAR(100),
  lease_until DATETIME(3),
  fence BIGINT NOT NULL DEFAULT 0,
  leg INT NOT NULL DEFAULT 0,
  inputs_enc MEDIUMTEXT NOT NULL,
  result_enc MEDIUMTEXT,
  error VARCHAR(500),
  retries INT NOT NULL DEFAULT 0,
  fetch_wanted_seen BIGINT,
  give_up_at DATETIME(3),
  finished_at DATETIME(3),
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenant (id),
  FOREIGN KEY (provider_config_id) REFERENCES provider_config (id)
);
CREATE INDEX ix_flow_due ON flow (state, wake_at);
CREATE INDEX ix_flow_subject ON flow (tenant_id, subject_type, subject_id, state);
CREATE INDEX ix_flow_account ON flow (provider_config_id, command, state);
CREATE INDEX ix_flow_dedupe ON flow (tenant_id, dedupe_key, state);
CREATE UNIQUE INDEX uq_flow_idempotency ON flow (tenant_id, idempotency_key);

CREATE TABLE flow_step (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  flow_id CHAR(36) NOT NULL,
  leg INT NOT NULL,
  seq INT NOT NULL,
  kind VARCHAR(32) NOT NULL,
  label VARCHAR(100) NOT NULL,
  occurrence INT NOT NULL,
  method VARCHAR(20) NOT NULL,
  host VARCHAR(255) NOT NULL,
  path_enc MEDIUMTEXT NOT NULL,
  body_hash CHAR(64) NOT NULL,
  repeat_rule VARCHAR(32) NOT NULL,
  idempotency_key VARCHAR(100),
  state VARCHAR(32) NOT NULL,
  attempt INT NOT NULL DEFAULT 1,
  intent_at DATETIME(3) NOT NULL,
  deadline_at DATETIME(3) NOT NULL,
  entry_at DATETIME(3),
  reply_status INT,
  reply_headers_enc MEDIUMTEXT,
  reply_body_enc LONGBLOB,
  error VARCHAR(500),
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  FOREIGN KEY (flow_id) REFERENCES flow (id)
);
CREATE UNIQUE INDEX uq_flow_step_seq ON flow_step (flow_id, leg, seq);

CREATE TABLE flow_attempt (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  flow_step_id CHAR(36) NOT NULL,
  attempt INT NOT NULL,
  outcome VARCHAR(32) NOT NULL,
  reply_status INT,
  error VARCHAR(500),
  started_at DATETIME(3) NOT NULL,
  ended_at DATETIME(3) NOT NULL,
  FOREIGN KEY (flow_step_id) REFERENCES flow_step (id)
);
CREATE INDEX ix_flow_attempt_step ON flow_attempt (flow_step_id, attempt);

CREATE TABLE stored_blob (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  sha256 CHAR(64) NOT NULL,
  size_bytes BIGINT NOT NULL,
  content_type VARCHAR(100) NOT NULL,
  created_at DATETIME(3) NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);

CREATE TABLE stored_blob_chunk (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  blob_id CHAR(36) NOT NULL,
  ordinal INT NOT NULL,
  content_enc LONGBLOB NOT NULL,
  FOREIGN KEY (blob_id) REFERENCES stored_blob (id)
);
CREATE UNIQUE INDEX uq_stored_blob_chunk ON stored_blob_chunk (blob_id, ordinal);
