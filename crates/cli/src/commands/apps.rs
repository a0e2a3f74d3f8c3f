//! `updraft apps`.

use api::{App, Apps, CreateApp};

use crate::failure::Failure;
use crate::printer::Printer;
use crate::remote::{Connection, Place, Remote};
use crate::{shell, table};

/// Lists the server's apps.
pub async fn list(connection: Connection, printer: &Printer) -> Result<(), Failure> {
    let apps: Apps = Remote::new(connection, printer)?.all(Place::Server, &["apps"]).await?;
    let rows: Vec<[String; 2]> = apps.apps.iter().map(|app| [app.slug.clone(), app.created_at.clone()]).collect();
    printer.data(&table::aligned(["app", "created at"], &rows));
    printer.json(&apps);
    Ok(())
}

/// Creates an app with its first channel, by default `production`, and a signing key.
pub async fn create(
    connection: Connection,
    slug: String,
    channel: Option<String>,
    printer: &Printer,
) -> Result<(), Failure> {
    let done = format!("Created app {slug} with channel {}", channel.as_deref().unwrap_or("production"));
    let created = Remote::new(connection, printer)?
        .create_app(&CreateApp { slug, channel })
        .await
        .map_err(|error| Failure::of_intent(error, "see with `updraft apps list` whether the app is there"))?;
    printer.data(&done);
    printer.note(&format!("hint: `updraft apps show --app {}` prints its update URL", shell::word(&created.slug)));
    printer.json(&created);
    Ok(())
}

/// Shows the connection's app.
pub async fn show(connection: Connection, printer: &Printer) -> Result<(), Failure> {
    let app = Remote::new(connection, printer)?.app().await?;
    let App { slug, update_url, channels } = &app;
    let rows: Vec<[String; 3]> = channels
        .iter()
        .map(|channel| {
            let state = if channel.paused { "paused" } else { "" };
            [channel.name.clone(), channel.branches.join(", "), state.into()]
        })
        .collect();
    printer.data(&format!(
        "App {slug}\nUpdate URL: {update_url}\n{}",
        table::aligned(["channel", "points at", ""], &rows)
    ));
    printer.json(&app);
    Ok(())
}
