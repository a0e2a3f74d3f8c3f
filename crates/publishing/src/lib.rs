//! Publishing, rolling back and keys: rules over blobs and rows. Never knows HTTP.
