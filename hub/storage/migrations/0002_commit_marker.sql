-- One row a write connection: its last batch, written in the batch's own transaction. After a lost
-- commit it says whether the batch is there.
CREATE TABLE commit_marker (
  id CHAR(36) NOT NULL PRIMARY KEY,
  batch BIGINT NOT NULL,
  updated_at DATETIME(3) NOT NULL
);
