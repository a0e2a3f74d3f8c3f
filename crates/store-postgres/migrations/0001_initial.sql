-- Ids are UUIDs, hashes SHA-256 in 32 bytes, instants milliseconds since 1970. Tables, columns, keys and references are
-- those of the SQLite store, which a test compares. Names compare byte by byte, as they do there: COLLATE "C".

CREATE TABLE apps (
    id uuid NOT NULL PRIMARY KEY,
    slug text COLLATE "C" NOT NULL UNIQUE,
    version bigint NOT NULL,
    created_at bigint NOT NULL
);

-- A deleted branch keeps its row, because its updates refer to it, and gives its name back: it is called `deleted:<id>`.
CREATE TABLE branches (
    id uuid NOT NULL PRIMARY KEY,
    app_id uuid NOT NULL REFERENCES apps (id),
    name text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    pinned boolean NOT NULL DEFAULT false,
    deleted_at bigint,
    UNIQUE (app_id, name)
);

-- split_*: the second branch, its share in basis points and the salt of its buckets; all of them or none.
CREATE TABLE channels (
    id uuid NOT NULL PRIMARY KEY,
    app_id uuid NOT NULL REFERENCES apps (id),
    name text COLLATE "C" NOT NULL,
    branch_id uuid NOT NULL REFERENCES branches (id),
    split_branch_id uuid REFERENCES branches (id),
    split_share bigint CHECK (split_share BETWEEN 0 AND 10000),
    split_salt uuid,
    paused boolean NOT NULL DEFAULT false,
    created_at bigint NOT NULL,
    UNIQUE (app_id, name),
    CHECK ((split_branch_id IS NULL) = (split_share IS NULL) AND (split_branch_id IS NULL) = (split_salt IS NULL))
);

CREATE TABLE update_groups (
    id uuid NOT NULL PRIMARY KEY,
    app_id uuid NOT NULL REFERENCES apps (id),
    branch_id uuid NOT NULL REFERENCES branches (id),
    channel text COLLATE "C",
    message text,
    git_commit text,
    git_branch text,
    git_dirty boolean,
    published_by text NOT NULL,
    created_at bigint NOT NULL
);

-- One entry of a branch. app_version is the version of the app that its commit made. rule is JSON.
CREATE TABLE updates (
    id uuid NOT NULL PRIMARY KEY,
    app_id uuid NOT NULL REFERENCES apps (id),
    group_id uuid NOT NULL REFERENCES update_groups (id),
    branch_id uuid NOT NULL REFERENCES branches (id),
    platform text COLLATE "C" NOT NULL CHECK (platform IN ('android', 'ios')),
    runtime_version text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('update', 'roll_back_to_embedded')),
    app_version bigint NOT NULL,
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    origin_id uuid REFERENCES updates (id),
    disabled boolean NOT NULL DEFAULT false,
    held boolean NOT NULL DEFAULT false,
    rollout_share bigint CHECK (rollout_share BETWEEN 0 AND 10000),
    rollout_salt uuid,
    rule text,
    body bytea NOT NULL,
    UNIQUE (app_id, platform, created_at),
    CHECK ((rollout_share IS NULL) = (rollout_salt IS NULL))
);

CREATE INDEX updates_of_a_lane ON updates (branch_id, platform, runtime_version, created_at);

CREATE INDEX updates_of_a_group ON updates (group_id);

CREATE INDEX updates_that_repeat ON updates (origin_id) WHERE origin_id IS NOT NULL;

-- Disabling a rolling entry ends its rollout; one that waits behind a pin is served to nobody.
CREATE UNIQUE INDEX one_open_rollout_of_a_lane ON updates (branch_id, platform, runtime_version)
WHERE rollout_share IS NOT NULL AND NOT disabled AND NOT held;

-- What is left of deleted entries: devices may run them, or have gone back by them.
CREATE TABLE deleted_updates (
    id uuid NOT NULL PRIMARY KEY,
    app_id uuid NOT NULL REFERENCES apps (id),
    branch_id uuid NOT NULL REFERENCES branches (id),
    platform text COLLATE "C" NOT NULL CHECK (platform IN ('android', 'ios')),
    runtime_version text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('update', 'roll_back_to_embedded')),
    UNIQUE (app_id, platform, created_at)
);

-- encoded_at: when variants were last made; none yet if it is null.
CREATE TABLE blobs (
    hash bytea NOT NULL PRIMARY KEY CHECK (octet_length(hash) = 32),
    size bigint NOT NULL CHECK (size >= 0),
    encoded_at bigint,
    created_at bigint NOT NULL
);

-- Which app brought which bytes. content_type and first_used_version are set together, by the first commit that refers
-- to the blob, and never change.
CREATE TABLE app_blobs (
    app_id uuid NOT NULL REFERENCES apps (id),
    hash bytea NOT NULL REFERENCES blobs (hash),
    content_type text COLLATE "C",
    first_used_version bigint,
    created_at bigint NOT NULL,
    PRIMARY KEY (app_id, hash),
    CHECK ((content_type IS NULL) = (first_used_version IS NULL))
);

CREATE INDEX app_blobs_in_order_of_use ON app_blobs (app_id, first_used_version);

-- Variants are blobs too; no app brought them.
CREATE TABLE blob_encodings (
    hash bytea NOT NULL REFERENCES blobs (hash),
    encoding text COLLATE "C" NOT NULL CHECK (encoding IN ('br', 'gzip', 'zstd')),
    encoded_hash bytea NOT NULL REFERENCES blobs (hash),
    PRIMARY KEY (hash, encoding)
);

CREATE TABLE update_assets (
    update_id uuid NOT NULL REFERENCES updates (id),
    position bigint NOT NULL,
    hash bytea NOT NULL REFERENCES blobs (hash),
    key text NOT NULL,
    launch boolean NOT NULL,
    PRIMARY KEY (update_id, position)
);

CREATE TABLE signing_keys (
    app_id uuid NOT NULL REFERENCES apps (id),
    key_id text COLLATE "C" NOT NULL,
    certificate_pem text NOT NULL,
    chain_pem text,
    sealed_private_key bytea,
    created_at bigint NOT NULL,
    PRIMARY KEY (app_id, key_id)
);

CREATE TABLE signatures (
    update_id uuid NOT NULL REFERENCES updates (id),
    key_id text COLLATE "C" NOT NULL,
    signature bytea NOT NULL,
    PRIMARY KEY (update_id, key_id)
);

CREATE TABLE embedded_updates (
    app_id uuid NOT NULL REFERENCES apps (id),
    id uuid NOT NULL,
    platform text COLLATE "C" NOT NULL CHECK (platform IN ('android', 'ios')),
    runtime_version text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    launch_hash bytea CHECK (octet_length(launch_hash) = 32),
    channel text COLLATE "C",
    PRIMARY KEY (app_id, id)
);

CREATE TABLE api_tokens (
    id uuid NOT NULL PRIMARY KEY,
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    name text NOT NULL,
    created_at bigint NOT NULL
);

-- A prepared operation. Its commit moves its groups, entries and assets to the tables that devices are served from and
-- leaves its outcome here. detail, edits and outcome are JSON, as text: the order of their keys is kept.
CREATE TABLE publish_sessions (
    id uuid NOT NULL PRIMARY KEY,
    app_id uuid NOT NULL REFERENCES apps (id),
    action text COLLATE "C" NOT NULL,
    detail text NOT NULL,
    at_version bigint,
    edits text NOT NULL,
    outcome text,
    committed_at bigint,
    created_at bigint NOT NULL,
    CHECK ((outcome IS NULL) = (committed_at IS NULL))
);

CREATE INDEX publish_sessions_by_age ON publish_sessions (created_at);

-- The branch may be one that the session's own edits create.
CREATE TABLE session_groups (
    session_id uuid NOT NULL REFERENCES publish_sessions (id) ON DELETE CASCADE,
    position bigint NOT NULL,
    group_id uuid NOT NULL,
    branch_id uuid NOT NULL,
    channel text COLLATE "C",
    message text,
    git_commit text,
    git_branch text,
    git_dirty boolean,
    PRIMARY KEY (session_id, position),
    UNIQUE (session_id, group_id)
);

CREATE TABLE session_entries (
    session_id uuid NOT NULL REFERENCES publish_sessions (id) ON DELETE CASCADE,
    position bigint NOT NULL,
    update_id uuid NOT NULL,
    group_id uuid NOT NULL,
    platform text COLLATE "C" NOT NULL CHECK (platform IN ('android', 'ios')),
    runtime_version text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('update', 'roll_back_to_embedded')),
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    origin_id uuid,
    held boolean NOT NULL,
    rollout_share bigint CHECK (rollout_share BETWEEN 0 AND 10000),
    rollout_salt uuid,
    rule text,
    body bytea NOT NULL,
    PRIMARY KEY (session_id, position),
    UNIQUE (session_id, update_id),
    CHECK ((rollout_share IS NULL) = (rollout_salt IS NULL))
);

CREATE TABLE session_assets (
    session_id uuid NOT NULL REFERENCES publish_sessions (id) ON DELETE CASCADE,
    update_id uuid NOT NULL,
    position bigint NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    key text NOT NULL,
    content_type text COLLATE "C" NOT NULL,
    launch boolean NOT NULL,
    PRIMARY KEY (session_id, update_id, position)
);

-- What requests under an idempotency key came to; the first four columns are the key's scope and the key.
CREATE TABLE idempotency (
    token_id uuid NOT NULL,
    method text COLLATE "C" NOT NULL,
    path text COLLATE "C" NOT NULL,
    request_key text COLLATE "C" NOT NULL,
    body_hash bytea NOT NULL CHECK (octet_length(body_hash) = 32),
    outcome text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (token_id, method, path, request_key)
);

CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- Ids are given while the app's row is locked, so they rise with its versions.
CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app_id uuid NOT NULL REFERENCES apps (id),
    at bigint NOT NULL,
    actor text NOT NULL,
    action text COLLATE "C" NOT NULL,
    detail text NOT NULL
);

CREATE INDEX audit_log_of_an_app ON audit_log (app_id, id);
