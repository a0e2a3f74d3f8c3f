//! The operator API over HTTP. Never knows SQL or a blob store.
