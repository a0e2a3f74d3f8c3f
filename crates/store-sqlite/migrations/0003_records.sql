-- A publish may bring an update that is disabled from the start.
ALTER TABLE session_entries ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1));
