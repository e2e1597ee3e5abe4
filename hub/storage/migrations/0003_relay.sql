-- Work that one node does at a time. `turns` counts the transactions of the leaseholders, so that
-- proving the lease always changes the row and takes its lock.
CREATE TABLE relay_lease (
  name VARCHAR(50) NOT NULL PRIMARY KEY,
  owner VARCHAR(100),
  fence BIGINT NOT NULL DEFAULT 0,
  turns BIGINT NOT NULL DEFAULT 0,
  lease_until DATETIME(3),
  updated_at DATETIME(3) NOT NULL
);

-- The last number and hash of a tenant's audit chain. Sealed: who can write to the database alone
-- can neither cut the chain's end nor make the chain anew.
CREATE TABLE audit_chain (
  tenant_id CHAR(36) NOT NULL PRIMARY KEY,
  head_enc MEDIUMTEXT NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
