//! The codes of what fails before or after the server has its say. Programs find them in `--json`; where the server answered
//! with a code of its own, it is that one.

/// A code, and what it means.
pub const ALL: &[(&str, &str)] = &[
    ("another_project", "The branch's newest update comes from another project"),
    ("api_key", "The server asks devices for a key, and the app's settings show none"),
    ("client_refused", "A strict client refuses what the server sent"),
    ("config_changed", "The app's config was changed while a command was about to write it"),
    ("declined", "A question was answered with no; nothing was done"),
    ("expo", "The project's own tools failed"),
    ("external_keys", "The server does not hold the private part of a key"),
    ("file", "A file cannot be read or written"),
    ("file_in_the_way", "A file that would be written is there already, with another content"),
    ("gateway", "A proxy answered instead of the server"),
    ("header", "A header cannot be sent"),
    ("invalid_certificate", "A certificate cannot be used"),
    ("invalid_export", "The export cannot be read"),
    ("invalid_rule", "A rule is not JSON"),
    ("local", "The request could not be made"),
    ("login", "The kept logins cannot be used"),
    ("no_randomness", "The operating system gives no random numbers"),
    ("not_a_preview", "The server knows no previews and did what it was to tell first"),
    ("not_an_app", "A file is no app with an embedded update"),
    ("not_editable", "The app's config cannot be edited by a program"),
    ("not_updraft", "Something else than Updraft answered"),
    ("other_certificate", "The app trusts another certificate"),
    ("other_settings", "The app's settings say something else"),
    ("outcome_unknown", "The server did not answer in the end: it may have worked"),
    ("root_needed", "The certificate that the app must trust is not at hand"),
    ("unanswered", "The server did not answer in time"),
    ("unconfirmed", "A question needs an answer, and there is nobody to ask"),
    ("undecodable", "An answer's bytes cannot be decoded"),
    ("unknown_channel", "The app has no such channel"),
    ("unreachable", "The server cannot be reached"),
    ("usage", "The arguments do not fit together"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The codes that the functions named `code` give.
    fn given(source: &str) -> BTreeSet<&str> {
        let bodies = source.split("fn code(&self)").skip(1).filter_map(|rest| rest.split("\n    }\n").next());
        let literals = bodies.flat_map(|body| body.lines()).filter_map(|line| line.split("=> \"").nth(1));
        literals.filter_map(|rest| rest.split('"').next()).collect()
    }

    #[test]
    fn every_code_of_a_failure_is_in_the_table_and_no_other() {
        let sources = [include_str!("failure.rs"), include_str!("commands/init/refusal.rs")];
        let mut found: BTreeSet<&str> = sources.into_iter().flat_map(given).collect();
        assert!(found.len() > 20, "{found:?}");
        // Those of the server's own table that have a local cause too.
        found.extend([api::Code::UnknownChannel, api::Code::InvalidRule, api::Code::NotAnApp].map(api::Code::as_str));
        let known: BTreeSet<&str> = super::ALL.iter().map(|(code, _)| *code).collect();
        assert_eq!(found, known);
    }
}
