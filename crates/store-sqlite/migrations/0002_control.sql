-- Operations: pins, deleted branches, rules, registered binaries; a prepared operation may edit and issue several groups.

-- A deleted branch keeps its row, because its updates refer to it, and gives its name back: it is called `deleted:<id>`.
ALTER TABLE branches ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1));
ALTER TABLE branches ADD COLUMN deleted_at INTEGER;

-- JSON. It lies behind the body, but almost every row has none, and whoever reads a null does not walk to it.
ALTER TABLE updates ADD COLUMN rule TEXT;

-- A rollout that waits behind a pin is served to nobody.
DROP INDEX one_open_rollout_of_a_lane;

CREATE UNIQUE INDEX one_open_rollout_of_a_lane ON updates (branch_id, platform, runtime_version)
WHERE rollout_share IS NOT NULL AND disabled = 0 AND held = 0;

-- What is left of deleted entries: devices may run them, or have gone back by them.
CREATE TABLE deleted_updates (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    app_id BLOB NOT NULL REFERENCES apps (id),
    branch_id BLOB NOT NULL REFERENCES branches (id),
    platform TEXT NOT NULL CHECK (platform IN ('android', 'ios')),
    runtime_version TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('update', 'roll_back_to_embedded')),
    UNIQUE (app_id, platform, created_at)
) STRICT;

ALTER TABLE embedded_updates ADD COLUMN launch_hash BLOB CHECK (length(launch_hash) = 32);
ALTER TABLE embedded_updates ADD COLUMN channel TEXT;

-- A session waits for an hour, and whoever prepared one before this release prepares it again.
DROP TABLE session_heads;
DROP TABLE session_assets;
DROP TABLE session_entries;
DROP TABLE publish_sessions;

-- A prepared operation. Its commit moves its groups, entries and assets to the tables that devices are served from and
-- leaves its outcome here. detail and edits are JSON.
CREATE TABLE publish_sessions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    app_id BLOB NOT NULL REFERENCES apps (id),
    action TEXT NOT NULL,
    detail TEXT NOT NULL,
    at_version INTEGER,
    edits TEXT NOT NULL,
    outcome TEXT,
    committed_at INTEGER,
    created_at INTEGER NOT NULL,
    CHECK ((outcome IS NULL) = (committed_at IS NULL))
) STRICT;

CREATE INDEX publish_sessions_by_age ON publish_sessions (created_at);

-- The branch may be one that the session's own edits create.
CREATE TABLE session_groups (
    session_id BLOB NOT NULL REFERENCES publish_sessions (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    group_id BLOB NOT NULL CHECK (length(group_id) = 16),
    branch_id BLOB NOT NULL CHECK (length(branch_id) = 16),
    channel TEXT,
    message TEXT,
    git_commit TEXT,
    git_branch TEXT,
    git_dirty INTEGER CHECK (git_dirty IN (0, 1)),
    PRIMARY KEY (session_id, position),
    UNIQUE (session_id, group_id)
) STRICT;

CREATE TABLE session_entries (
    session_id BLOB NOT NULL REFERENCES publish_sessions (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    update_id BLOB NOT NULL CHECK (length(update_id) = 16),
    group_id BLOB NOT NULL CHECK (length(group_id) = 16),
    platform TEXT NOT NULL CHECK (platform IN ('android', 'ios')),
    runtime_version TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('update', 'roll_back_to_embedded')),
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    origin_id BLOB CHECK (length(origin_id) = 16),
    held INTEGER NOT NULL CHECK (held IN (0, 1)),
    rollout_share INTEGER CHECK (rollout_share BETWEEN 0 AND 10000),
    rollout_salt BLOB CHECK (length(rollout_salt) = 16),
    rule TEXT,
    body BLOB NOT NULL,
    PRIMARY KEY (session_id, position),
    UNIQUE (session_id, update_id),
    CHECK ((rollout_share IS NULL) = (rollout_salt IS NULL))
) STRICT;

CREATE TABLE session_assets (
    session_id BLOB NOT NULL REFERENCES publish_sessions (id) ON DELETE CASCADE,
    update_id BLOB NOT NULL CHECK (length(update_id) = 16),
    position INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    key TEXT NOT NULL,
    content_type TEXT NOT NULL,
    launch INTEGER NOT NULL CHECK (launch IN (0, 1)),
    PRIMARY KEY (session_id, update_id, position)
) STRICT, WITHOUT ROWID;
