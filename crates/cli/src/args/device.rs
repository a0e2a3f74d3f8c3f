//! `updraft device`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::shared::ServerArgs;
use super::value::{PlatformArg, header};

/// `updraft device`
#[derive(Debug, Args)]
pub struct DeviceArgs {
    /// The channel written into the binary
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub channel: String,
    /// Which phones
    #[arg(long, value_enum, default_value_t)]
    pub platform: PlatformArg,
    /// The binary's runtime version
    #[arg(long, value_name = "VERSION", value_parser = NonEmptyStringValueParser::new())]
    pub runtime_version: String,
    /// The certificate inside the binary; without it nothing is verified but hashes
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// The id of the key that the binary expects
    #[arg(long, requires = "certificate", default_value = "main")]
    pub key_id: String,
    /// Expect the certificate chain in the answer (`codeSigningIncludeManifestResponseCertificateChain`)
    #[arg(long, requires = "certificate")]
    pub certificate_chain: bool,
    /// The API key, sent as `x-api-key`
    #[arg(long, value_name = "KEY")]
    pub api_key: Option<String>,
    /// What the device says for rules, such as `locale=de-DE` or `param:cohort=a`; may stand many times
    #[arg(long = "fact", value_name = "NAME=VALUE", value_parser = crate::facts::said)]
    pub facts: Vec<crate::facts::Said>,
    /// A further header of `updates.requestHeaders`
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = header)]
    pub headers: Vec<(String, String)>,
    /// The server.
    #[command(flatten)]
    pub server: ServerArgs,
}
