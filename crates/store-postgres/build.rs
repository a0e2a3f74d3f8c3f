//! Tells Cargo what `sqlx::migrate!` and the checked queries read.

fn main() {
    for read in ["migrations", ".sqlx", "sqlx.toml"] {
        println!("cargo:rerun-if-changed={read}");
    }
}
