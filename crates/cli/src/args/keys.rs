//! `updraft keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::shared::OperatorArgs;

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
    pub(super) fn operator(&self) -> &OperatorArgs {
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
