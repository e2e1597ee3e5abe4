-- How often in a row another process let the row's lease run out without a word: what it holds may be
-- what ended that process (threat model TM-IN-10).
ALTER TABLE flow ADD COLUMN abandoned INT NOT NULL DEFAULT 0;
ALTER TABLE inbound_event ADD COLUMN abandoned INT NOT NULL DEFAULT 0;
