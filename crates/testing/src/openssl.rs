//! The `openssl` command as a second opinion: other code than the library that signs.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// A scratch directory and the commands run in it.
#[derive(Debug)]
pub struct OpenSsl(TempDir);

impl Default for OpenSsl {
    fn default() -> Self {
        Self(TempDir::new().expect("a scratch directory"))
    }
}

impl OpenSsl {
    /// Runs `openssl` with these words, split at spaces.
    ///
    /// # Panics
    /// When it fails.
    pub fn run(&self, words: &str) -> String {
        let (succeeded, output) = self.try_run(words);
        assert!(succeeded, "openssl {words}\n{output}");
        output
    }

    /// Whether `openssl` with these words succeeded, and what it printed.
    ///
    /// # Panics
    /// When there is no `openssl`.
    pub fn try_run(&self, words: &str) -> (bool, String) {
        let output = Command::new("openssl").args(words.split_whitespace()).current_dir(&self.0).output();
        let output = output.expect("the openssl command");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    /// Writes a file that a command names.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        std::fs::write(self.path(name), bytes).expect("a file in the scratch directory");
        self
    }

    /// A text file that a command wrote.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a text file that a command wrote")
    }

    /// Whether the signature in the value of an `expo-signature` header was made over exactly these bytes by the
    /// certificate's key.
    pub fn verifies(&self, certificate_pem: &str, message: &[u8], expo_signature: &str) -> bool {
        self.write("certificate", certificate_pem).write("message", message);
        self.write("signature.base64", bare_signature(expo_signature));
        self.run("base64 -d -A -in signature.base64 -out signature");
        self.run("x509 -in certificate -pubkey -noout -out public-key");
        self.try_run("dgst -sha256 -verify public-key -signature signature message").0
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// The base64 between the quotes of `sig="…"`.
///
/// # Panics
/// When the header is not of the form that the server writes.
pub fn bare_signature(expo_signature: &str) -> &str {
    let sig = expo_signature.strip_prefix("sig=\"").and_then(|rest| rest.split_once('"'));
    sig.unwrap_or_else(|| panic!("the signature header {expo_signature:?}")).0
}
