-- Ids are UUIDs in 16 bytes, hashes SHA-256 in 32, instants milliseconds since 1970, truth values 0 and 1.
-- Tables of the PostgreSQL store have the same names and columns: uuid, bytea, bigint and boolean there.

CREATE TABLE apps (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    slug TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE branches (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    app_id BLOB NOT NULL REFERENCES apps (id),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (app_id, name)
) STRICT;

-- split_*: the second branch, its share in basis points and the salt of its buckets; all of them or none.
CREATE TABLE channels (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    app_id BLOB NOT NULL REFERENCES apps (id),
    name TEXT NOT NULL,
    branch_id BLOB NOT NULL REFERENCES branches (id),
    split_branch_id BLOB REFERENCES branches (id),
    split_share INTEGER CHECK (split_share BETWEEN 0 AND 10000),
    split_salt BLOB CHECK (length(split_salt) = 16),
    paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    created_at INTEGER NOT NULL,
    UNIQUE (app_id, name),
    CHECK ((split_branch_id IS NULL) = (split_share IS NULL) AND (split_branch_id IS NULL) = (split_salt IS NULL))
) STRICT;

CREATE TABLE update_groups (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    app_id BLOB NOT NULL REFERENCES apps (id),
    branch_id BLOB NOT NULL REFERENCES branches (id),
    channel TEXT,
    message TEXT,
    git_commit TEXT,
    git_branch TEXT,
    git_dirty INTEGER CHECK (git_dirty IN (0, 1)),
    published_by TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- One entry of a branch. app_version is the version of the app that its commit made. The body is the last column, so
-- that reading the others does not walk through it.
CREATE TABLE updates (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    app_id BLOB NOT NULL REFERENCES apps (id),
    group_id BLOB NOT NULL REFERENCES update_groups (id),
    branch_id BLOB NOT NULL REFERENCES branches (id),
    platform TEXT NOT NULL CHECK (platform IN ('android', 'ios')),
    runtime_version TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('update', 'roll_back_to_embedded')),
    app_version INTEGER NOT NULL,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    origin_id BLOB REFERENCES updates (id),
    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
    rollout_share INTEGER CHECK (rollout_share BETWEEN 0 AND 10000),
    rollout_salt BLOB CHECK (length(rollout_salt) = 16),
    body BLOB NOT NULL,
    UNIQUE (app_id, platform, created_at),
    CHECK ((rollout_share IS NULL) = (rollout_salt IS NULL))
) STRICT;

CREATE INDEX updates_of_a_lane ON updates (branch_id, platform, runtime_version, created_at);

CREATE INDEX updates_of_a_group ON updates (group_id);

CREATE INDEX updates_that_repeat ON updates (origin_id) WHERE origin_id IS NOT NULL;

-- Disabling a rolling entry ends its rollout.
CREATE UNIQUE INDEX one_open_rollout_of_a_lane ON updates (branch_id, platform, runtime_version)
WHERE rollout_share IS NOT NULL AND disabled = 0;

-- encoded_at: when variants were last made; none yet if it is null.
CREATE TABLE blobs (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    size INTEGER NOT NULL CHECK (size >= 0),
    encoded_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

-- Which app brought which bytes. content_type and first_used_version are set together, by the first commit that refers
-- to the blob, and never change.
CREATE TABLE app_blobs (
    app_id BLOB NOT NULL REFERENCES apps (id),
    hash BLOB NOT NULL REFERENCES blobs (hash),
    content_type TEXT,
    first_used_version INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, hash),
    CHECK ((content_type IS NULL) = (first_used_version IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX app_blobs_in_order_of_use ON app_blobs (app_id, first_used_version);

-- Variants are blobs too; no app brought them.
CREATE TABLE blob_encodings (
    hash BLOB NOT NULL REFERENCES blobs (hash),
    encoding TEXT NOT NULL CHECK (encoding IN ('br', 'gzip', 'zstd')),
    encoded_hash BLOB NOT NULL REFERENCES blobs (hash),
    PRIMARY KEY (hash, encoding)
) STRICT, WITHOUT ROWID;

CREATE TABLE update_assets (
    update_id BLOB NOT NULL REFERENCES updates (id),
    position INTEGER NOT NULL,
    hash BLOB NOT NULL REFERENCES blobs (hash),
    key TEXT NOT NULL,
    launch INTEGER NOT NULL CHECK (launch IN (0, 1)),
    PRIMARY KEY (update_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_keys (
    app_id BLOB NOT NULL REFERENCES apps (id),
    key_id TEXT NOT NULL,
    certificate_pem TEXT NOT NULL,
    chain_pem TEXT,
    sealed_private_key BLOB,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, key_id)
) STRICT;

CREATE TABLE signatures (
    update_id BLOB NOT NULL REFERENCES updates (id),
    key_id TEXT NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (update_id, key_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE embedded_updates (
    app_id BLOB NOT NULL REFERENCES apps (id),
    id BLOB NOT NULL CHECK (length(id) = 16),
    platform TEXT NOT NULL CHECK (platform IN ('android', 'ios')),
    runtime_version TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, id)
) STRICT;

CREATE TABLE api_tokens (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- A prepared publish. The commit moves its entries and assets to the tables above and leaves its outcome here.
CREATE TABLE publish_sessions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    app_id BLOB NOT NULL REFERENCES apps (id),
    branch_id BLOB NOT NULL REFERENCES branches (id),
    action TEXT NOT NULL,
    group_id BLOB NOT NULL CHECK (length(group_id) = 16),
    channel TEXT,
    message TEXT,
    git_commit TEXT,
    git_branch TEXT,
    git_dirty INTEGER CHECK (git_dirty IN (0, 1)),
    outcome TEXT,
    committed_at INTEGER,
    created_at INTEGER NOT NULL,
    CHECK ((outcome IS NULL) = (committed_at IS NULL))
) STRICT;

CREATE INDEX publish_sessions_by_age ON publish_sessions (created_at);

CREATE TABLE session_entries (
    session_id BLOB NOT NULL REFERENCES publish_sessions (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    update_id BLOB NOT NULL CHECK (length(update_id) = 16),
    platform TEXT NOT NULL CHECK (platform IN ('android', 'ios')),
    runtime_version TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('update', 'roll_back_to_embedded')),
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    origin_id BLOB CHECK (length(origin_id) = 16),
    held INTEGER NOT NULL CHECK (held IN (0, 1)),
    rollout_share INTEGER CHECK (rollout_share BETWEEN 0 AND 10000),
    rollout_salt BLOB CHECK (length(rollout_salt) = 16),
    body BLOB NOT NULL,
    PRIMARY KEY (session_id, position),
    UNIQUE (session_id, update_id),
    CHECK ((rollout_share IS NULL) = (rollout_salt IS NULL))
) STRICT;

CREATE TABLE session_assets (
    session_id BLOB NOT NULL REFERENCES publish_sessions (id) ON DELETE CASCADE,
    update_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    key TEXT NOT NULL,
    content_type TEXT NOT NULL,
    launch INTEGER NOT NULL CHECK (launch IN (0, 1)),
    PRIMARY KEY (session_id, update_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX session_assets_by_hash ON session_assets (session_id, hash, content_type);

CREATE TABLE session_heads (
    session_id BLOB NOT NULL REFERENCES publish_sessions (id) ON DELETE CASCADE,
    platform TEXT NOT NULL CHECK (platform IN ('android', 'ios')),
    runtime_version TEXT NOT NULL,
    head_id BLOB CHECK (length(head_id) = 16),
    PRIMARY KEY (session_id, platform, runtime_version)
) STRICT;

-- What requests under an idempotency key came to; the first four columns are the key's scope and the key.
CREATE TABLE idempotency (
    token_id BLOB NOT NULL CHECK (length(token_id) = 16),
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    request_key TEXT NOT NULL,
    body_hash BLOB NOT NULL CHECK (length(body_hash) = 32),
    outcome TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (token_id, method, path, request_key)
) STRICT;

CREATE INDEX idempotency_by_age ON idempotency (created_at);

CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY,
    app_id BLOB NOT NULL REFERENCES apps (id),
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

CREATE INDEX audit_log_of_an_app ON audit_log (app_id, id);
