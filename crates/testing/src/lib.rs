//! A whole server and its callers as types, for tests at the outer seam.
