-- Government identifiers stand apart (R-SEC-02, canonical-model.md section 7.6); the blind index finds
-- the equal ones of a tenant.
ALTER TABLE person ADD COLUMN ssn_enc MEDIUMTEXT;
ALTER TABLE person ADD COLUMN ssn_bidx CHAR(64);
CREATE INDEX ix_person_ssn ON person (tenant_id, ssn_bidx);

-- How often each data key has sealed (TM-DATA-3). Without a foreign key: a tenant whose unit was undone
-- may have sealed.
CREATE TABLE data_key (
  id CHAR(36) NOT NULL PRIMARY KEY,
  tenant_id CHAR(36) NOT NULL,
  key_id VARCHAR(32) NOT NULL,
  uses BIGINT NOT NULL,
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL
);
CREATE UNIQUE INDEX uq_data_key ON data_key (tenant_id, key_id);

-- Deliveries of an account that is not enabled stand aside. The account that is enabled again says so
-- here, and they are released in portions (hub/storage/inbox_repository.cpp).
ALTER TABLE provider_config ADD COLUMN releases_held INT NOT NULL DEFAULT 0;
CREATE INDEX ix_provider_config_releases ON provider_config (releases_held);
