-- Other systems that tell us of leads and conversations, each with a secret that signs what it says.

CREATE TABLE webhook_sources (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    accepts jsonb NOT NULL,
    secret text NOT NULL,
    previous_secret text,
    previous_secret_until timestamptz,
    enabled boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (organization_id, id)
);
