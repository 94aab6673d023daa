-- A hand-off that was accepted and not taken up expires too. The index on requests alone goes with the release that has no
-- programs left that look for those alone.

CREATE INDEX hand_offs_waiting ON hand_offs (expires_at, id) WHERE status IN ('requested', 'accepted');
