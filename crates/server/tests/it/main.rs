//! The server from the outside: real router, real database, real files, callers as types.

mod publish;
mod stories;
