//! Benchmarks: measured beside bare hyper, as ratios within one run.

fn main() {}
