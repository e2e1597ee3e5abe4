-- Since when an order is open too long (canonical-model.md section 5.1, 30 days): null once somebody was
-- told, or it has ended.
ALTER TABLE screening_order ADD COLUMN aging_since DATETIME(3);
UPDATE screening_order SET aging_since = COALESCE(submitted_at, created_at)
  WHERE status NOT IN ('completed', 'cancelled');
CREATE INDEX ix_screening_order_aging ON screening_order (aging_since);

-- The newest flow of a command of an account: asked before each call that needs a token, and by the
-- sweep that renews what idles.
CREATE INDEX ix_flow_newest ON flow (provider_config_id, command, created_at);
