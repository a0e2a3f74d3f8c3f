-- A publish may bring an update that is disabled from the start.
ALTER TABLE session_entries ADD COLUMN disabled boolean NOT NULL DEFAULT false;
