//! The three layers as flat tables of `section.setting` → value, each value with where it came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::Value;

use super::{DEFAULT_FILE, Fault};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The embedded default file.
    Default,
    /// The operator's file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "in {}", path.display()),
            Self::Environment(name) => write!(f, "from {name}"),
        }
    }
}

/// Variables that begin like a setting but belong to the command line.
const COMMAND_LINE_VARIABLES: [&str; 4] = ["UPDRAFT_APP", "UPDRAFT_CONFIG", "UPDRAFT_SERVER", "UPDRAFT_TOKEN"];

/// What Kubernetes puts into the environment for a service that is named `updraft`.
fn is_service_link(name: &str) -> bool {
    name == "UPDRAFT_PORT" || name.starts_with("UPDRAFT_PORT_") || name.starts_with("UPDRAFT_SERVICE_")
}

/// The merged layers.
#[derive(Clone, Debug)]
pub struct Layers {
    values: BTreeMap<String, (Value, Origin)>,
}

impl Layers {
    /// The embedded defaults alone.
    pub fn defaults() -> Self {
        // The file is a constant; a test reads it, so that a broken one cannot ship.
        let table = DEFAULT_FILE.parse().unwrap_or_default();
        let mut values = BTreeMap::new();
        flatten("", table, &mut |path, value| {
            values.insert(path, (value, Origin::Default));
        });
        Self { values }
    }

    /// Lays the operator's file over what is there.
    pub fn add_file(&mut self, path: &Path, text: &str, faults: &mut Vec<Fault>) {
        let origin = Origin::File(path.to_owned());
        match text.parse::<toml::Table>() {
            Ok(table) => flatten("", table, &mut |setting, value| {
                self.set(&setting, value, origin.clone(), faults);
            }),
            Err(error) => faults.push(Fault {
                setting: path.display().to_string(),
                origin,
                problem: format!("the file is not TOML: {}", error.message()),
                fix: match error.span() {
                    Some(span) => format!("correct line {}", 1 + text[..span.start].matches('\n').count()),
                    None => "compare it with `updraft config default`".into(),
                },
            }),
        }
    }

    /// Lays the environment over what is there.
    pub fn add_environment(&mut self, variables: impl IntoIterator<Item = (String, String)>, faults: &mut Vec<Fault>) {
        let settings: BTreeMap<String, String> =
            self.values.keys().map(|setting| (variable(setting), setting.clone())).collect();
        let mut ours: Vec<_> = variables.into_iter().filter(|(name, _)| name.starts_with("UPDRAFT_")).collect();
        ours.sort();
        for (name, text) in ours {
            if COMMAND_LINE_VARIABLES.contains(&name.as_str()) || is_service_link(&name) {
                continue;
            }
            let origin = Origin::Environment(name.clone());
            let Some(setting) = settings.get(&name) else {
                faults.push(unknown(&name, origin, settings.keys().map(String::as_str)));
                continue;
            };
            match self.read_as_default(setting, &text) {
                Ok(value) => self.set(setting, value, origin, faults),
                Err(problem) => faults.push(Fault {
                    setting: setting.clone(),
                    origin,
                    problem,
                    fix: format!("the default is {}", self.values[setting].0),
                }),
            }
        }
    }

    fn read_as_default(&self, setting: &str, text: &str) -> Result<Value, String> {
        match &self.values[setting].0 {
            Value::Integer(_) => {
                text.parse().map(Value::Integer).map_err(|_| format!("{text:?} is not a whole number"))
            }
            Value::Boolean(_) => text.parse().map(Value::Boolean).map_err(|_| format!("{text:?} is not true or false")),
            Value::Array(_) => Ok(Value::Array(
                text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Value::from).collect(),
            )),
            _ => Ok(Value::from(text)),
        }
    }

    fn set(&mut self, setting: &str, value: Value, origin: Origin, faults: &mut Vec<Fault>) {
        let Some((slot, slot_origin)) = self.values.get_mut(setting) else {
            faults.push(unknown(setting, origin, self.values.keys().map(String::as_str)));
            return;
        };
        if slot.type_str() != value.type_str() {
            faults.push(Fault {
                setting: setting.into(),
                origin,
                problem: format!("it is of type {}, not {}", value.type_str(), slot.type_str()),
                fix: format!("the default is {slot}"),
            });
            return;
        }
        *slot = value;
        *slot_origin = origin;
    }

    /// The value of a setting that the default file names, and where it came from.
    pub fn get(&self, setting: &str) -> Option<(&Value, &Origin)> {
        self.values.get(setting).map(|(value, origin)| (value, origin))
    }
}

/// The variable that sets `section.setting`.
fn variable(setting: &str) -> String {
    format!("UPDRAFT_{}", setting.replace('.', "_").to_uppercase())
}

fn flatten(prefix: &str, table: toml::Table, leaf: &mut impl FnMut(String, Value)) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) => flatten(&path, inner, leaf),
            value => leaf(path, value),
        }
    }
}

fn unknown<'n>(name: &str, origin: Origin, known: impl Iterator<Item = &'n str>) -> Fault {
    let nearest = known.min_by_key(|candidate| distance(name, candidate));
    Fault {
        setting: name.into(),
        origin,
        problem: "there is no such setting".into(),
        fix: match nearest {
            Some(nearest) if distance(name, nearest) <= 4 => format!("did you mean {nearest}?"),
            _ => "remove it; `updraft config default` lists every setting".into(),
        },
    }
}

/// Levenshtein distance, for "did you mean". Names are short.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}
