-- How old our knowledge of an open order may get before it is fetched, and what becomes of orders
-- that only the vendor knows: task or create (plugin-contract section 5).
ALTER TABLE provider_config ADD COLUMN freshness_minutes INT NOT NULL DEFAULT 360;
ALTER TABLE provider_config ADD COLUMN unknown_orders VARCHAR(20) NOT NULL DEFAULT 'task';
