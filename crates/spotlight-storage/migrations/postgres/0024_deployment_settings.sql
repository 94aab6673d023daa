-- What an operator sets for the whole deployment while it runs.

CREATE TABLE deployment_settings (
    key text COLLATE "C" PRIMARY KEY,
    value jsonb NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Every process reads each second which organizations differ in a flag; few do.
CREATE INDEX organizations_with_overrides ON organizations (id) WHERE feature_overrides <> '{}'::jsonb;
