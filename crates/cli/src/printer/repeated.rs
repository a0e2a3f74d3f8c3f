//! Commands within hints, so completed that a copied one does what was meant.

/// What was typed to name the server and the app; a hint's commands must say it again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Repeated {
    pub(crate) server: Option<String>,
    pub(crate) app: Option<String>,
}

/// Commands that ask no server, or are about which one to ask.
const WITHOUT_SERVER: [&str; 7] = ["serve", "token", "config", "quickstart", "completions", "login", "logout"];
/// Commands that are about no app.
const WITHOUT_APP: [&str; 3] = ["apps list", "apps create", "whoami"];

impl Repeated {
    /// The text with every `updraft …` between backticks completed.
    pub(crate) fn complete(&self, text: &str) -> String {
        let mut inside = true;
        let pieces: Vec<String> = text
            .split('`')
            .map(|piece| {
                inside = !inside;
                match piece.strip_prefix("updraft ") {
                    Some(command) if inside => format!("{piece}{}", self.missing(command)),
                    _ => piece.to_owned(),
                }
            })
            .collect();
        pieces.join("`")
    }

    fn missing(&self, command: &str) -> String {
        let is = |names: &[&str]| names.iter().any(|name| command == *name || command.starts_with(&format!("{name} ")));
        let option = |name: &str, value: &Option<String>, is_meant: bool| {
            let value = value.as_ref().filter(|_| is_meant && !command.contains(name))?;
            Some(format!(" {name} {}", crate::shell::word(value)))
        };
        if is(&WITHOUT_SERVER) {
            return String::new();
        }
        let app = option("--app", &self.app, !is(&WITHOUT_APP));
        let server = option("--server", &self.server, true);
        [app, server].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Repeated;

    #[test]
    fn a_copied_command_says_where() {
        let repeated = Repeated { server: Some("https://u.example".into()), app: Some("my shop".into()) };
        for (text, expected) in [
            (
                "run `updraft updates list` or `updraft rollout revert g`",
                "run `updraft updates list --app 'my shop' --server https://u.example` or \
                 `updraft rollout revert g --app 'my shop' --server https://u.example`",
            ),
            ("`updraft apps list`", "`updraft apps list --server https://u.example`"),
            ("`updraft channels list --app x`", "`updraft channels list --app x --server https://u.example`"),
            ("`updraft token` on the server", "`updraft token` on the server"),
            ("`updraft login --server https://x`", "`updraft login --server https://x`"),
            ("say `--yes`, updraft does it", "say `--yes`, updraft does it"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(repeated.complete(text), expected);
        }
        assert_eq!(Repeated::default().complete("`updraft updates list`"), "`updraft updates list`");
    }
}
