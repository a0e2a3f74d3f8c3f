//! `updraft explain`: what a device gets, and why.

use std::fmt::Write as _;

use api::{Draw, Explain, ExplainedAnswer, Explanation, JudgedNode, Step, Truth, UpdateKind};

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
    let rules: String = steps.iter().filter_map(|step| Some(rule(&step.update, step.rule.as_ref()?))).collect();
    format!(
        "Answer: {answer}\nWhy: {explanation} ({code})\n{branch}{crossing}{looked_at}{rules}Filter: {filter}\nOn the device: {} ({})",
        device.explanation, device.code
    )
}

/// The rule as a tree: what each node asks for, whether it holds, and what the device says about it.
fn rule(update: &str, root: &JudgedNode) -> String {
    fn line(node: &JudgedNode, depth: usize, text: &mut String) {
        let JudgedNode { asks, verdict, fact, said, nodes, .. } = node;
        let truth = match verdict {
            Truth::True => "true",
            Truth::False => "false",
            Truth::Unknown => "unknown",
        };
        let said = match (fact, said) {
            (Some(_), Some(said)) => format!(" (it says {said:?})"),
            (Some(_), None) => " (it does not say)".into(),
            (None, _) => String::new(),
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:1$}{truth:<8}{asks}{said}", "", 2 * depth);
        for node in nodes {
            line(node, depth + 1, text);
        }
    }
    let mut text = format!("Rule of {update}:\n");
    line(root, 1, &mut text);
    text
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
