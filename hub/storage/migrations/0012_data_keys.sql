-- Government identifiers stand apart (R-SEC-02, canonical-model.md section 7.6); the blind index finds
-- the equal ones of a tenant.
ALTER TABLE person ADD COLUMN ssn_enc MEDIUMTEXT;
ALTER TABLE person ADD COLUMN ssn_bidx CHAR(64);
ALTER TABLE person ADD COLUMN ssn_last4_enc MEDIUMTEXT;
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
