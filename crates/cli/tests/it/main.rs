//! The commands against a small server of our own, at the outer seam: what is sent, what is printed, how it ends.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

mod advice;
mod arguments;
mod binaries;
mod device;
#[cfg(unix)]
mod doctor;
mod embedded;
mod explain;
mod fake_phone_side;
mod fake_server;
mod help;
#[cfg(unix)]
mod init;
mod keys;
mod login;
mod operations;
mod project;
mod publish;
mod retries;
mod roll_back;
mod transcript;
