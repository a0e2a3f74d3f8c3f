//! The commands against a small server of our own, at the outer seam: what is sent, what is printed, how it ends.

mod fake_server;
mod keys;
mod project;
mod publish;
mod retries;
mod roll_back;
