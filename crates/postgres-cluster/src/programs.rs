//! Where the machine keeps PostgreSQL's programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian's packages put each major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The directory with `initdb`, `postgres` and `psql`. Panics when there is none.
pub(crate) fn directory() -> PathBuf {
    let places = [answer("pg_config", &["--bindir"]), newest_of_debian(), beside_initdb()];
    places.into_iter().flatten().find(|place| is_complete(place)).unwrap_or_else(|| {
        panic!("PostgreSQL is not installed (looked at pg_config, {DEBIAN} and the PATH): `make tools` installs it")
    })
}

fn is_complete(place: &Path) -> bool {
    ["initdb", "postgres", "psql"].iter().all(|program| place.join(program).is_file())
}

fn newest_of_debian() -> Option<PathBuf> {
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let versions = fs::read_dir(DEBIAN).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    Some(versions.max_by_key(version)?.join("bin"))
}

/// Links in the PATH lead to the directory where all of them are.
fn beside_initdb() -> Option<PathBuf> {
    let found = fs::canonicalize(answer("sh", &["-c", "command -v initdb"])?).ok()?;
    Some(found.parent()?.to_owned())
}

fn answer(program: &str, arguments: &[&str]) -> Option<PathBuf> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !line.trim().is_empty()).then(|| line.trim().into())
}
