//! One binary: `updraft serve` is the server, everything else the command line.

fn main() {}
