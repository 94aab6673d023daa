-- What an operator sets for the whole deployment while it runs.

CREATE TABLE deployment_settings (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every process reads each second which organizations differ in a flag; few do.
CREATE INDEX organizations_with_overrides ON organizations (id) WHERE feature_overrides <> '{}';
