//! `updraft quickstart`: a server that shows itself at work, then serves on.
#![expect(clippy::print_stderr, reason = "what is said before and after the log")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use cli::commands::device::{self, PlayOptions, Played, Trust};
use cli::commands::publish::{self, PublishOptions, Source, Target};
use cli::{Connection, Failure, Global, Mode, Printer, Programs, Release};
use server::RunningServer;
use server::config::{Access, Settings};

use crate::serve;

/// What the first start creates.
const APP: &str = "default";
const CHANNEL: &str = "production";
const KEY: &str = "main";

/// Arguments of `updraft quickstart`.
#[derive(Debug, Args)]
pub struct Quickstart {
    /// The settings file, as for `serve`
    #[arg(long, value_name = "FILE", env = "UPDRAFT_CONFIG")]
    config: Option<PathBuf>,
    /// The export to publish if nothing is published yet
    #[arg(long, value_name = "DIR")]
    export: PathBuf,
    /// Its runtime version
    #[arg(long, value_name = "VERSION", default_value = "1.0.0")]
    runtime_version: String,
}

/// Starts, publishes, plays a phone of each platform, and serves until a signal.
pub async fn run(global: Global, arguments: Quickstart) -> ExitCode {
    let mut settings = match serve::settings(arguments.config.as_deref()) {
        Ok(settings) => settings,
        Err(code) => return code,
    };
    // A line per check would stand in the middle of what is shown; `serve` prints them.
    settings.log.checks = false;
    let server = match server::start(settings.clone()).await {
        Ok(server) => server,
        Err(error) => return serve::complain("the server cannot start", &error),
    };
    let was_served_before = server.has_issued(APP).await;
    serve::greet(&server, &settings);
    let printer = Printer::new(Mode { quiet: global.quiet, json: false, plain: true });
    if let Err(error) = show(&server, &settings, &arguments, &printer).await {
        printer.failure(&error);
        if !was_served_before {
            server.stop().await;
            return ExitCode::FAILURE;
        }
        eprintln!(
            "\nWhat was published before keeps the address that the server had then: publish again after a change."
        );
    }
    eprintln!("\nServing until Ctrl-C on {}", server.public_url);
    serve::until_signal(server).await
}

async fn show(
    server: &RunningServer,
    settings: &Settings,
    arguments: &Quickstart,
    printer: &Printer,
) -> Result<(), Failure> {
    let certificate = server.certificate(APP, KEY).await;
    if !server.has_issued(APP).await {
        eprintln!("Nothing is published yet; publishing the example:\n");
        let options = publish_options(server, arguments)?;
        publish::publish(options, printer).await?.print(printer);
        eprintln!();
    }
    let played = play(server, settings, arguments, certificate.as_deref(), printer).await?;
    eprintln!("\nWhat phones now run:\n");
    played.print(printer);
    eprintln!("\nFor your own project, in another terminal, in its directory:\n");
    eprintln!("  updraft login --server {} --token upd_…", server.public_url);
    eprintln!("  updraft init --app my-app --create-app");
    Ok(())
}

async fn play(
    server: &RunningServer,
    settings: &Settings,
    arguments: &Quickstart,
    certificate: Option<&str>,
    printer: &Printer,
) -> Result<Played, Failure> {
    let api_key = match &settings.devices.access {
        Access::Open => None,
        Access::ApiKeys(keys) => keys.first().cloned(),
    };
    let header = settings.devices.api_key_header.to_string();
    let options = PlayOptions {
        server: address(server)?,
        app: APP.into(),
        channel: CHANNEL.into(),
        platforms: cli::Platform::ALL.into(),
        runtime_version: arguments.runtime_version.clone(),
        trust: certificate.map(|certificate| Trust {
            certificate: certificate.into(),
            key_id: KEY.into(),
            include_chain: false,
        }),
        api_key: None,
        headers: api_key.map(|key| (header, key)).into_iter().collect(),
    };
    device::play(options, printer).await
}

fn publish_options(server: &RunningServer, arguments: &Quickstart) -> Result<PublishOptions, Failure> {
    let token = server.process_token.parse().map_err(|_| Failure::NoRandomness)?;
    Ok(PublishOptions {
        connection: Connection::new(address(server)?, APP, Some(token)),
        target: Target { channel: Some(CHANNEL.into()), branch: None, create_channel: false },
        source: Source::Export(arguments.export.clone()),
        project: arguments.export.clone(),
        platform: None,
        runtime_version: Some(arguments.runtime_version.clone()),
        message: Some("The example".into()),
        force: false,
        other_project: false,
        release: Release::default(),
        programs: Programs { unattended: true, ..Programs::default() },
    })
}

/// The address that the server listens on: the public one may lead through a proxy that is not there yet.
fn address(server: &RunningServer) -> Result<cli::ServerUrl, Failure> {
    let ip = server.address.ip();
    let ip = if ip.is_unspecified() { "127.0.0.1".to_owned() } else { ip.to_string() };
    let host = if ip.contains(':') { format!("[{ip}]") } else { ip };
    let url = format!("http://{host}:{}", server.address.port());
    url.parse().map_err(|error: cli::ServerUrlError| Failure::Usage { message: error.to_string(), hint: String::new() })
}
