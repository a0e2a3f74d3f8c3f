//! The command line: arguments, settings, commands; speaks HTTP to the operator API.
