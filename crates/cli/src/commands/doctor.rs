//! `updraft doctor`: a project is held against its server, as the phones of its next binary would.
//!
//! First what the project says, without the network; then, with a token, what the server knows of it; then a phone of
//! each platform, which is as strict as the stock client. What is found is told with what to do about it. Nothing is
//! changed, and of what is missing only that is left out which needs it.

mod certificate;
mod check;
mod findings;
mod operator;
mod phones;
mod project;
mod wire;

use std::path::PathBuf;

pub use check::Check;
pub use findings::{Diagnosis, Finding, Level};

use crate::failure::Failure;
use crate::printer::Printer;
use crate::programs::Programs;
use crate::remote::Connection;
use findings::Findings;

/// What to examine.
#[derive(Clone, Debug)]
pub struct DoctorOptions {
    /// The server's admin API; asked only with a token.
    pub connection: Connection,
    /// The Expo project.
    pub project: PathBuf,
    /// The project's tools.
    pub programs: Programs,
}

/// Examines a project and its server. An error is only what keeps it from looking at all.
pub async fn doctor(options: &DoctorOptions, printer: &Printer) -> Result<Diagnosis, Failure> {
    let mut findings = Findings::default();
    let Some(binary) = printer.while_waiting("`npx expo config`", project::examine(options, &mut findings)).await?
    else {
        printer.note("the server was not asked: the project does not say where it is");
        return Ok(findings.into_diagnosis());
    };
    let remote = if options.connection.token.is_some() {
        operator::examine(&options.connection, &binary, &mut findings, printer).await
    } else {
        printer.note("no admin token: what only the server knows is not checked (`updraft login`)");
        None
    };
    for (platform, runtime_version) in &binary.runtime_versions {
        phones::examine(*platform, runtime_version, &binary, remote.as_ref(), &mut findings, printer).await?;
    }
    Ok(findings.into_diagnosis())
}
