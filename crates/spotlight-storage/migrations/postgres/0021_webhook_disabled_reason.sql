-- Why the platform has switched an endpoint off.

ALTER TABLE webhook_endpoints ADD COLUMN disabled_reason text
    CHECK (disabled_reason IN ('failures', 'gone'));
