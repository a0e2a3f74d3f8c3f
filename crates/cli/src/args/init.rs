//! `updraft init`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use protocol::facts::Fact;

use super::shared::{OperatorArgs, YesArgs};

/// `updraft init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The Expo project
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub project: PathBuf,
    /// The channel that the next binary asks for; by default the one it names already, `production`, or the only one
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub channel: Option<String>,
    /// The signing key that binaries trust; by default the one of the certificate that is there, `main`, or the only one
    #[arg(long)]
    pub key_id: Option<String>,
    /// Where the certificate is written, relative to the project
    #[arg(long, value_name = "FILE", default_value = "certs/certificate.pem")]
    pub certificate: PathBuf,
    /// The API key, where the server asks phones for one; it can be read out of every binary
    #[arg(long, value_name = "KEY", env = "UPDRAFT_API_KEY", hide_env_values = true, value_parser = NonEmptyStringValueParser::new())]
    pub api_key: Option<String>,
    /// When the app looks for updates [default: on-load, where nothing is set yet]
    #[arg(long, value_enum, value_name = "WHEN")]
    pub check_automatically: Option<CheckAutomaticallyArg>,
    /// How long the splash screen may wait for an update, in milliseconds [default: 0, where nothing is set yet]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(0..=300_000))]
    pub fallback_to_cache_timeout: Option<u32>,
    /// Something that rules are to know of phones, such as `app_version` or `locale`: as a header where the config says it,
    /// else as a line for the app's own code
    #[arg(long = "fact", value_name = "NAME", value_parser = fact)]
    pub facts: Vec<Fact>,
    /// Create the app named by --app on the server, with a signing key, unless it is there
    #[arg(long)]
    pub create_app: bool,
    /// Also change what the project has set otherwise; never a certificate, which released binaries may trust
    #[arg(long)]
    pub force: bool,
    /// Only show what would be set
    #[arg(long)]
    pub dry_run: bool,
    /// Consent.
    #[command(flatten)]
    pub consent: YesArgs,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// `--check-automatically`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckAutomaticallyArg {
    /// At every start
    OnLoad,
    /// At every start, on Wi-Fi
    WifiOnly,
    /// Only after an update failed
    OnErrorRecovery,
    /// Only when the app's own code asks
    Never,
}

fn fact(name: &str) -> Result<Fact, String> {
    let known = || Fact::ALL.map(Fact::name).join(", ");
    Fact::parse(name).ok_or_else(|| format!("it is one of {}", known()))
}
