//! The hot path: checks and assets from prepared bytes. Never writes, renders or signs.
