//! The settings as values that are all legal.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use toml::Value;

use super::{Fault, Layers, Origin};

/// Every setting, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where phones and operators reach the server.
    pub public_url: PublicUrl,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Blobs, master key, and the database unless it is elsewhere.
    pub data_dir: PathBuf,
    /// Where the database is.
    pub database: DatabaseSource,
    /// Who may ask for updates.
    pub devices: Devices,
    /// Where the master key comes from.
    pub master_key: MasterKeySource,
    /// Assets.
    pub assets: Assets,
    /// What strangers may send.
    pub limits: Limits,
    /// Updates whose files lie elsewhere.
    pub admin_publish: AdminPublish,
    /// What is written down.
    pub log: Log,
}

/// Scheme and authority, without a trailing slash: `https://updates.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Parses scheme and authority; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let uri: http::Uri = text.parse().map_err(|_| "it is not a URL")?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err("it does not begin with http:// or https://");
        }
        match uri.authority() {
            None => return Err("it names no host"),
            Some(authority) if authority.as_str().contains('@') => return Err("it carries a user name"),
            Some(_) => {}
        }
        if uri.path() != "/" || text.ends_with('/') || uri.query().is_some() || text.contains('#') {
            return Err("it goes on after the host; paths are not supported");
        }
        Ok(Self(text.to_owned()))
    }

    /// The text, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseSource {
    /// SQLite in the data directory.
    DataDir,
    /// PostgreSQL at this URL, which may hold a password.
    Postgres(String),
}

impl fmt::Debug for DatabaseSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DataDir => f.write_str("DataDir"),
            Self::Postgres(_) => f.write_str("Postgres(…)"),
        }
    }
}

/// Who may ask for updates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Devices {
    /// The rule.
    pub access: Access,
    /// The header that carries a key, in lower case.
    pub api_key_header: http::HeaderName,
}

/// The rule of the door.
#[derive(Clone, PartialEq, Eq)]
pub enum Access {
    /// Everyone.
    Open,
    /// Who sends one of these.
    ApiKeys(Vec<String>),
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("Open"),
            Self::ApiKeys(keys) => write!(f, "ApiKeys({} keys)", keys.len()),
        }
    }
}

/// Where the master key comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum MasterKeySource {
    /// A file; created when `create` and missing.
    File {
        /// Its path.
        path: PathBuf,
        /// Whether the server may create it.
        create: bool,
    },
    /// The key itself, in base64.
    Text(String),
}

impl fmt::Debug for MasterKeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, create } => f.debug_struct("File").field("path", path).field("create", create).finish(),
            Self::Text(_) => f.write_str("Text(…)"),
        }
    }
}

/// How assets are prepared and kept at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    /// Brotli's quality, 5 to 9.
    pub brotli_quality: u32,
    /// Bytes of memory for the assets asked for most.
    pub memory_cache_bytes: u64,
    /// The largest asset that is kept in memory, in bytes.
    pub memory_cache_largest_bytes: u64,
}

/// Bounds on what strangers send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one uploaded file.
    pub max_upload_bytes: u64,
    /// Assets of one update.
    pub max_assets: usize,
    /// Connections at a time.
    pub max_connections: usize,
    /// Time for a request's headers.
    pub header_time: Duration,
    /// Pause within an upload.
    pub upload_idle_time: Duration,
    /// Standstill within an answer.
    pub write_time: Duration,
    /// Time for requests under way after SIGTERM.
    pub drain_time: Duration,
}

/// Updates whose files lie on other hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminPublish {
    /// Whether those hosts may be at addresses that are not public.
    pub allow_private_addresses: bool,
    /// For fetching one file.
    pub fetch_time: Duration,
}

/// What is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Filter of the server's own log.
    pub level: String,
    /// Its form.
    pub format: LogFormat,
    /// Whether each check is one line on standard output.
    pub checks: bool,
    /// Checks that may wait for the writer.
    pub checks_waiting: usize,
}

/// The form of the server's own log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Settings {
    /// Reads every setting; what is wrong with it goes to `faults`, and the rest is read all the same.
    pub(super) fn from_layers(layers: &Layers, faults: &mut Vec<Fault>) -> Self {
        let mut read = Reader { layers, faults };
        let data_dir = PathBuf::from(read.text("data_dir", "name a directory", |text| {
            if text.is_empty() { Err("it is empty".into()) } else { Ok(text.to_owned()) }
        }));
        Self {
            public_url: read.parsed("public_url", "write it as https://updates.example.com", |text| {
                PublicUrl::parse(text).map_err(str::to_owned)
            }),
            listen: read.parsed("listen", "write an address and a port, as 0.0.0.0:8080", |text| {
                text.parse().map_err(|_| format!("{text:?} is not an address and a port"))
            }),
            database: read.database(),
            devices: read.devices(),
            master_key: read.master_key(&data_dir),
            assets: Assets {
                brotli_quality: u32::try_from(read.number("assets.brotli_quality", 5, 9)).unwrap_or(9),
                memory_cache_bytes: read.number("assets.memory_cache_bytes", 0, 1 << 40),
                memory_cache_largest_bytes: read.number("assets.memory_cache_largest_bytes", 0, 1 << 40),
            },
            limits: Limits {
                max_upload_bytes: read.number("limits.max_upload_bytes", 1024, 1 << 40),
                max_assets: read.count("limits.max_assets", 1, 20_000),
                max_connections: read.count("limits.max_connections", 1, 1_000_000),
                header_time: read.seconds("limits.header_seconds"),
                upload_idle_time: read.seconds("limits.upload_idle_seconds"),
                write_time: read.seconds("limits.write_seconds"),
                drain_time: read.seconds("limits.drain_seconds"),
            },
            admin_publish: AdminPublish {
                allow_private_addresses: read.flag("admin_publish.allow_private_addresses"),
                fetch_time: read.seconds("admin_publish.fetch_seconds"),
            },
            log: Log {
                level: read.text("log.level", "write \"info\", or for example \"info,server=debug\"", |text| {
                    match text.parse::<tracing_subscriber::filter::Targets>() {
                        Ok(_) if !text.is_empty() => Ok(text.to_owned()),
                        _ => Err(format!("{text:?} is not a log filter")),
                    }
                }),
                format: read.parsed("log.format", "write \"text\" or \"json\"", |text| match text {
                    "text" => Ok(LogFormat::Text),
                    "json" => Ok(LogFormat::Json),
                    other => Err(format!("{other:?} is not a format")),
                }),
                checks: read.flag("log.checks"),
                checks_waiting: read.count("log.checks_waiting", 1, 1 << 24),
            },
            data_dir,
        }
    }
}

/// Reads one setting at a time; on a fault it notes it and goes on with the default.
struct Reader<'l, 'f> {
    layers: &'l Layers,
    faults: &'f mut Vec<Fault>,
}

impl Reader<'_, '_> {
    fn devices(&mut self) -> Devices {
        let keys: Vec<String> = self.list("devices.api_keys");
        let weak = keys.iter().position(|key| key.len() < 16 || !key.bytes().all(|byte| byte.is_ascii_graphic()));
        if let Some(position) = weak {
            self.fault(
                "devices.api_keys",
                format!("key number {} is not at least 16 characters of visible ASCII", position + 1),
                "make one with `openssl rand -hex 24`",
            );
        }
        let access = self.text("devices.access", "write \"open\" or \"api-key\"", |text| match text {
            "open" | "api-key" => Ok(text.to_owned()),
            other => Err(format!("{other:?} is not a rule")),
        });
        if access == "api-key" && keys.is_empty() {
            self.fault(
                "devices.api_keys",
                "there is no key, so no device could ask".into(),
                "add a key, or set devices.access = \"open\"",
            );
        }
        if access == "open" && !keys.is_empty() {
            self.fault(
                "devices.access",
                "there are keys, but everyone may ask without one".into(),
                "set devices.access = \"api-key\", or remove the keys",
            );
        }
        Devices {
            access: if access == "api-key" { Access::ApiKeys(keys) } else { Access::Open },
            api_key_header: self.parsed("devices.api_key_header", "write a header name, as x-api-key", |text| {
                text.parse().map_err(|_| format!("{text:?} is not a header name"))
            }),
        }
    }

    fn database(&mut self) -> DatabaseSource {
        let url =
            self.text("database.url", "write postgres://user:password@host/database, or nothing for SQLite", |text| {
                // What was written may hold a password, so it is not repeated.
                match text.split_once("://") {
                    None if text.is_empty() => Ok(String::new()),
                    Some(("postgres" | "postgresql", rest)) => match unknown_parameter(rest) {
                        None => Ok(text.to_owned()),
                        Some(name) => Err(format!("it has the parameter {name:?}, which means nothing")),
                    },
                    _ => Err("it is not the URL of a PostgreSQL database".into()),
                }
            });
        if url.is_empty() { DatabaseSource::DataDir } else { DatabaseSource::Postgres(url) }
    }

    fn master_key(&mut self, data_dir: &std::path::Path) -> MasterKeySource {
        let file = self.text("signing.master_key_file", "", |text| Ok(text.to_owned()));
        let text = self.text("signing.master_key", "", |text| Ok(text.to_owned()));
        match (file.is_empty(), text.is_empty()) {
            (false, false) => {
                self.fault("signing.master_key", "signing.master_key_file is set too".into(), "set one of the two");
                MasterKeySource::Text(text)
            }
            (true, true) => MasterKeySource::File { path: data_dir.join("master.key"), create: true },
            (false, true) => MasterKeySource::File { path: file.into(), create: false },
            (true, false) => MasterKeySource::Text(text),
        }
    }

    fn text(&mut self, setting: &str, fix: &str, check: impl Fn(&str) -> Result<String, String>) -> String {
        self.parsed(setting, fix, check)
    }

    /// Parses a text; on a fault goes on with a stand-in.
    fn parsed<T: Fallback>(&mut self, setting: &str, fix: &str, parse: impl Fn(&str) -> Result<T, String>) -> T {
        let text = match self.layers.get(setting) {
            Some((Value::String(text), _)) => text.as_str(),
            _ => "",
        };
        match parse(text) {
            Ok(value) => value,
            Err(problem) => {
                self.fault(setting, problem, fix);
                T::fallback()
            }
        }
    }

    fn list(&mut self, setting: &str) -> Vec<String> {
        let Some((Value::Array(items), _)) = self.layers.get(setting) else { return Vec::new() };
        let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
        texts.unwrap_or_else(|| {
            self.fault(setting, "the list has something that is not text".into(), "put each item in quotes");
            Vec::new()
        })
    }

    fn number(&mut self, setting: &str, least: u64, most: u64) -> u64 {
        let value = match self.layers.get(setting) {
            Some((Value::Integer(value), _)) => *value,
            _ => 0,
        };
        match u64::try_from(value) {
            Ok(value) if (least..=most).contains(&value) => value,
            _ => {
                self.fault(setting, format!("{value} is not from {least} to {most}"), "choose a number in that range");
                least
            }
        }
    }

    fn count(&mut self, setting: &str, least: u64, most: u64) -> usize {
        usize::try_from(self.number(setting, least, most)).unwrap_or(usize::MAX)
    }

    fn seconds(&mut self, setting: &str) -> Duration {
        Duration::from_secs(self.number(setting, 1, 3600))
    }

    fn flag(&mut self, setting: &str) -> bool {
        matches!(self.layers.get(setting), Some((Value::Boolean(true), _)))
    }

    fn fault(&mut self, setting: &str, problem: String, fix: &str) {
        let origin = self.layers.get(setting).map_or(Origin::Default, |(_, origin)| origin.clone());
        self.faults.push(Fault { setting: setting.into(), origin, problem, fix: fix.into() });
    }
}

/// The first parameter of a PostgreSQL URL that the driver would not understand. It would log it with its value, which
/// may be a password with a typo in its name.
fn unknown_parameter(url: &str) -> Option<&str> {
    const KNOWN: [&str; 12] = [
        "application_name",
        "dbname",
        "host",
        "hostaddr",
        "options",
        "password",
        "port",
        "sslcert",
        "sslkey",
        "sslmode",
        "sslrootcert",
        "user",
    ];
    let (_, query) = url.split_once('?')?;
    let mut names = query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty());
    names.find(|name| !KNOWN.contains(name))
}

/// What a setting is read as.
trait Fallback {
    /// A stand-in for a value that could not be read. It is never used: a fault stops the start.
    fn fallback() -> Self;
}

impl Fallback for String {
    fn fallback() -> Self {
        Self::new()
    }
}

impl Fallback for PublicUrl {
    fn fallback() -> Self {
        Self(String::new())
    }
}

impl Fallback for SocketAddr {
    fn fallback() -> Self {
        Self::from(([127, 0, 0, 1], 0))
    }
}

impl Fallback for LogFormat {
    fn fallback() -> Self {
        Self::Text
    }
}

impl Fallback for http::HeaderName {
    fn fallback() -> Self {
        http::header::AUTHORIZATION
    }
}
