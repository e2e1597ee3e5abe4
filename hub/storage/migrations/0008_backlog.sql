-- What waits for a person is counted at every scrape of the metrics.
CREATE INDEX ix_alert_type ON alert (status, alert_type);
CREATE INDEX ix_task_kind ON task (status, kind);
