//! The `openssl` command as a second opinion: other code than the library that made the bytes.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A scratch directory and the commands run in it.
pub struct OpenSsl {
    directory: tempfile::TempDir,
}

impl OpenSsl {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// Writes a file that a later command names.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        std::fs::write(self.path(name), bytes).unwrap();
        self
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub fn read_text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs `openssl` with these words in the scratch directory and returns what it printed.
    pub fn run(&self, words: &str) -> String {
        let (succeeded, output) = self.try_run(words);
        assert!(succeeded, "openssl {words}\n{output}");
        output
    }

    pub fn try_run(&self, words: &str) -> (bool, String) {
        run_in(self.directory.path(), words)
    }
}

fn run_in(directory: &Path, words: &str) -> (bool, String) {
    let output = Command::new("openssl").args(words.split_whitespace()).current_dir(directory).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}
