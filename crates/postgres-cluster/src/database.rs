//! Databases of a cluster.

use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::guard::{SUPERUSER, Server};

/// Who tests connect as. It may do what the owner of a database may, and nothing else.
pub(crate) const ROLE: &str = "updraft";

/// An empty database. It is dropped with the value, whoever is still connected.
#[derive(Debug)]
pub struct Database {
    name: String,
    url: String,
    server: Arc<Server>,
}

impl Database {
    pub(crate) fn create(server: Arc<Server>) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("scratch_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        // Nobody is ever connected to template0, so copies of it never wait for anybody.
        server.sql(&format!("CREATE DATABASE {name} OWNER {ROLE} TEMPLATE template0"));
        Self { url: address(&server, ROLE, &name), name, server }
    }

    /// Its address, e.g. `postgresql://updraft@%2Ftmp%2Fupdraft%2Dpg%2DgX3k/scratch_0`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its address for the superuser, who may look into and end the connections of others.
    pub fn superuser_url(&self) -> String {
        address(&self.server, SUPERUSER, &self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A server that a test has stopped drops nothing; its directory goes with all that is in it.
        let _ = self.server.try_sql(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

fn address(server: &Server, role: &str, database: &str) -> String {
    let mut url = format!("postgresql://{role}@");
    for byte in server.directory().as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() {
            url.push(char::from(*byte));
        } else {
            write!(url, "%{byte:02X}").expect("text takes text");
        }
    }
    url + "/" + database
}
