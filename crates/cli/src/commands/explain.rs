//! `updraft explain`: what a device gets, and why.

use api::{Draw, Explain, ExplainedAnswer, Explanation, Step, UpdateKind};

use crate::failure::Failure;
use crate::printer::Printer;
use crate::remote::{Connection, Place, Remote, pairs};
use crate::share::Share;
use crate::table;

/// Asks the server, without sending a check: nothing is counted as one.
pub async fn explain(
    connection: Connection,
    check: &Explain,
    headers: Vec<(String, String)>,
    printer: &Printer,
) -> Result<(), Failure> {
    let mut query = pairs(check);
    query.extend(headers.into_iter().map(|(name, value)| ("header".into(), format!("{name}={value}"))));
    let explanation: Explanation = Remote::new(connection, printer)?.get(Place::App, &["explain"], &query).await?;
    printer.data(&in_words(&explanation));
    printer.json(&explanation);
    Ok(())
}

fn in_words(explained: &Explanation) -> String {
    let Explanation { answer, update, code, explanation, branch, channel_rollout, filter, steps, device } = explained;
    let update = update.as_deref().unwrap_or_default();
    let answer = match answer {
        ExplainedAnswer::Update => format!("update {update}"),
        ExplainedAnswer::RollBackToEmbedded => format!("roll back to embedded {update}"),
        ExplainedAnswer::Nothing => "nothing (204)".into(),
        ExplainedAnswer::NotFound => "not found (404)".into(),
    };
    let branch = branch.as_ref().map(|branch| format!("Branch: {branch}\n")).unwrap_or_default();
    let crossing = channel_rollout
        .as_ref()
        .map(|draw| format!("Channel rollout: bucket / share {}\n", side(draw)))
        .unwrap_or_default();
    let filter = match filter {
        Some(branch) => format!("only updates of branch {branch} pass on the device from then on"),
        None => "none is sent; the device keeps the one it has".into(),
    };
    let looked_at =
        if steps.is_empty() { "Looked at: nothing\n".into() } else { format!("Looked at:\n{}", in_columns(steps)) };
    format!(
        "Answer: {answer}\nWhy: {explanation} ({code})\n{branch}{crossing}{looked_at}Filter: {filter}\nOn the device: {} ({})",
        device.explanation, device.code
    )
}

fn in_columns(steps: &[Step]) -> String {
    let rows: Vec<[String; 5]> = steps
        .iter()
        .map(|step| {
            let what = match step.kind {
                UpdateKind::Update => step.update.clone(),
                UpdateKind::RollBackToEmbedded => format!("{} (roll back to embedded)", step.update),
            };
            let draw = step.rollout.as_ref().map(side).unwrap_or_default();
            [what, step.created_at.clone(), step.code.clone(), draw, step.explanation.clone()]
        })
        .collect();
    table::aligned(["update", "created at", "became", "bucket / share", "that is"], &rows)
}

/// Both in basis points: a device is inside when its bucket is below the share.
fn side(Draw { bucket, basis_points, inside }: &Draw) -> String {
    let side = if *inside { "inside" } else { "outside" };
    format!("{bucket} / {basis_points}, {side} {}", Share(*basis_points))
}
