//! Content-addressed bytes over an object store: verified before they are seen. Never knows HTTP.
