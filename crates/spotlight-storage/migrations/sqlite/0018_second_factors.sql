-- A user's second proof at sign-in: what codes are derived from, which were used, and hashes of recovery codes.
ALTER TABLE users ADD COLUMN second_factor TEXT;
