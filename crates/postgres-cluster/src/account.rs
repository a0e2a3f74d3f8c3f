//! The account that the server runs under.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Accounts that a machine with PostgreSQL has, the fitting one first.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// Our own account, or when that is root another one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    other: Option<Ids>,
}

#[derive(Clone, Copy, Debug)]
struct Ids {
    user: u32,
    group: u32,
}

impl Account {
    /// Chooses the account and hands it the directory, which we have just made.
    pub(crate) fn owning(directory: &Path) -> Self {
        const ROOT: u32 = 0;
        let ours = fs::metadata(directory).expect("the scratch directory is there").uid();
        if ours != ROOT {
            return Self { other: None };
        }
        let ids = UNPRIVILEGED.into_iter().find_map(Ids::of).unwrap_or_else(|| {
            panic!("PostgreSQL does not run as root, and the machine has no account of {UNPRIVILEGED:?}")
        });
        chown(directory, Some(ids.user), Some(ids.group)).expect("root may give a directory away");
        Self { other: Some(ids) }
    }

    /// A program that runs under the account, inside the directory: the current one may be closed to it.
    pub(crate) fn command(self, program: impl AsRef<Path>, directory: &Path) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(directory);
        if let Some(Ids { user, group }) = self.other {
            command.uid(user).gid(group);
        }
        // Settings of the machine's own PostgreSQL are none of ours.
        for name in ["PGDATA", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGOPTIONS", "PGSERVICE"] {
            command.env_remove(name);
        }
        command
    }
}

impl Ids {
    fn of(account: &str) -> Option<Self> {
        let number = |what: &str| {
            let output = Command::new("id").args([what, account]).output().ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        };
        Some(Self { user: number("-u")?, group: number("-g")? })
    }
}
