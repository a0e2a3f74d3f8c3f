//! The operator API's wire types and public error codes. Never knows a server.
