//! The arguments, as one types them. [`crate::settings`] turns them into what the commands take.

use std::path::PathBuf;

use clap::builder::{FalseyValueParser, NonEmptyStringValueParser};
use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use crate::exit::EXIT_CODES;
use crate::remote::{ServerUrl, Token};

/// Options of every command.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Global {
    /// Print only results, warnings and errors
    #[arg(long, short, global = true, help_heading = "Output")]
    pub quiet: bool,
    /// Draw nothing and ask nothing, as in CI
    #[arg(long, global = true, help_heading = "Output", env = "CI", hide_env = true, value_parser = FalseyValueParser::new())]
    pub non_interactive: bool,
}

/// Everything that talks to a server. The binary flattens this beside its own subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Publish an update: export the project (or take a finished export), upload what is new, and make it live
    #[command(after_help = EXIT_CODES)]
    Publish(PublishArgs),
    /// Send devices back to the update before, or to the one inside their binary
    #[command(after_help = EXIT_CODES)]
    RollBack(RollBackArgs),
    /// Manage the app's signing keys and certificates
    #[command(subcommand, after_help = EXIT_CODES)]
    Keys(KeysCommand),
    /// Play a phone: check, verify, download and launch as strictly as the stock client does
    #[command(after_help = EXIT_CODES)]
    Device(DeviceArgs),
}

impl Command {
    pub(crate) fn wants_json(&self) -> bool {
        match self {
            Self::Publish(args) => args.operator.server.json,
            Self::RollBack(args) => args.operator.server.json,
            Self::Keys(command) => command.operator().server.json,
            Self::Device(args) => args.server.json,
        }
    }
}

/// Which server and app.
#[derive(Debug, Args)]
pub struct ServerArgs {
    /// The server's public URL
    #[arg(
        long,
        help_heading = "Server",
        env = "UPDRAFT_SERVER",
        default_value = "http://localhost:8080",
        value_name = "URL"
    )]
    pub server: ServerUrl,
    /// The app's name in URLs
    #[arg(long, help_heading = "Server", env = "UPDRAFT_APP", default_value = "default", value_parser = NonEmptyStringValueParser::new())]
    pub app: String,
    /// Print the result as one JSON document on standard output
    #[arg(long, help_heading = "Output")]
    pub json: bool,
}

/// Which server and app, and as whom.
#[derive(Debug, Args)]
pub struct OperatorArgs {
    /// The server and the app.
    #[command(flatten)]
    pub server: ServerArgs,
    /// The admin token; better in the environment, where other users cannot see it
    #[arg(long, help_heading = "Server", env = "UPDRAFT_TOKEN", hide_env_values = true)]
    pub token: Option<Token>,
}

/// Which branch is meant.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("target").required(true).multiple(false).args(["channel", "branch"]))]
pub struct TargetArgs {
    /// The channel whose branch is meant
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub channel: Option<String>,
    /// The branch itself, instead of a channel
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub branch: Option<String>,
}

/// `updraft publish`
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// Where to.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Create the channel, with an equally named branch, when there is none
    #[arg(long, requires = "channel", conflicts_with = "branch")]
    pub create_channel: bool,
    /// Publish this finished export instead of exporting the project
    #[arg(long, value_name = "DIR")]
    pub input_dir: Option<PathBuf>,
    /// The Expo project
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub project: PathBuf,
    /// Which platforms
    #[arg(long, value_enum, default_value_t = PlatformArg::All)]
    pub platform: PlatformArg,
    /// The runtime version, instead of the one in the app config
    #[arg(long, value_name = "VERSION", value_parser = NonEmptyStringValueParser::new())]
    pub runtime_version: Option<String>,
    /// What changed; by default the subject of the last commit
    #[arg(long, short)]
    pub message: Option<String>,
    /// Publish also when nothing changed
    #[arg(long)]
    pub force: bool,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// `updraft roll-back`
#[derive(Debug, Args)]
pub struct RollBackArgs {
    /// Which branch.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Where to go back to
    #[arg(long, value_enum)]
    pub to: RollBackToArg,
    /// Which platforms
    #[arg(long, value_enum, default_value_t = PlatformArg::All)]
    pub platform: PlatformArg,
    /// Only this runtime version; by default those of the newest update
    #[arg(long, value_name = "VERSION", value_parser = NonEmptyStringValueParser::new())]
    pub runtime_version: Option<String>,
    /// Why
    #[arg(long, short)]
    pub message: Option<String>,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// `updraft keys`
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key and its certificate on the server, which then signs by itself
    Generate(GenerateKeyArgs),
    /// Give the server a key, such as one that `npx expo-updates codesigning:generate` wrote
    Import(ImportKeyArgs),
    /// List the app's keys
    List(OperatorArgs),
    /// Print a key's certificate: what `codeSigningCertificate` in app.json points at
    Certificate(CertificateArgs),
}

impl KeysCommand {
    fn operator(&self) -> &OperatorArgs {
        match self {
            Self::Generate(args) => &args.operator,
            Self::Import(args) => &args.operator,
            Self::List(operator) => operator,
            Self::Certificate(args) => &args.operator,
        }
    }
}

/// `updraft keys generate`
#[derive(Debug, Args)]
pub struct GenerateKeyArgs {
    /// What `codeSigningMetadata.keyid` will say
    #[arg(long)]
    pub key_id: String,
    /// The certificate's subject; by default the app's name
    #[arg(long)]
    pub common_name: Option<String>,
    /// How long the certificate is valid; it sits in binaries, so it must outlive them [default: 10]
    #[arg(long, value_name = "YEARS")]
    pub validity_years: Option<u8>,
    /// 2048, 3072 or 4096 [default: 2048]
    #[arg(long)]
    pub bits: Option<u16>,
    /// Write the certificate to this file
    #[arg(long, value_name = "FILE")]
    pub certificate_out: Option<PathBuf>,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// `updraft keys import`
#[derive(Debug, Args)]
pub struct ImportKeyArgs {
    /// What `codeSigningMetadata.keyid` says
    #[arg(long)]
    pub key_id: String,
    /// The private key in PEM
    #[arg(long, value_name = "FILE")]
    pub private_key: PathBuf,
    /// The certificate in PEM, or a leaf followed by its intermediates
    #[arg(long, value_name = "FILE")]
    pub certificate: PathBuf,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// `updraft keys certificate`
#[derive(Debug, Args)]
pub struct CertificateArgs {
    /// Which key
    #[arg(long)]
    pub key_id: String,
    /// Write it to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The server.
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// `updraft device`
#[derive(Debug, Args)]
pub struct DeviceArgs {
    /// The channel written into the binary
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub channel: String,
    /// Which phones
    #[arg(long, value_enum, default_value_t = PlatformArg::All)]
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
    /// A further header of `updates.requestHeaders`
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = header)]
    pub headers: Vec<(String, String)>,
    /// The server.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// `--platform`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlatformArg {
    /// Only iOS
    Ios,
    /// Only Android
    Android,
    /// Both, as far as they are there
    All,
}

/// `--to`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RollBackToArg {
    /// What was served before
    Previous,
    /// The update inside the binary
    Embedded,
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as name=value")?;
    let name = http::HeaderName::try_from(name.trim()).map_err(|_| format!("{name:?} is not a header's name"))?;
    http::HeaderValue::try_from(value).map_err(|_| "the value has characters that a header cannot carry")?;
    Ok((name.to_string(), value.to_owned()))
}
