//! Rules: what each node means, what is unknown, and a slow evaluator that agrees.

use std::borrow::Cow;

use model::rule::{Node, VersionRange};
use model::{Device, Fact, Facts, Platform, Rule, decide};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::scene;

fn rule(json: &Value) -> Rule {
    Rule::read(json).unwrap_or_else(|bad| panic!("{json}: {bad}"))
}

fn facts(said: &[(&str, &'static str)]) -> Facts<'static> {
    let mut facts = Facts::default();
    for (name, text) in said {
        match Fact::parse(name) {
            Some(Fact::Param(_)) => facts.say_param(name_of(name), Cow::Borrowed(text)),
            Some(fact) => facts.say(&fact, Cow::Borrowed(text)),
            None => panic!("{name} is no fact"),
        }
    }
    facts
}

fn name_of(param: &str) -> &'static str {
    ["cohort", "tier"].into_iter().find(|key| param.ends_with(key)).expect("a key of these tests")
}

#[test]
fn each_node_means_what_it_says() {
    let id = scene::device().id.expect("it has one");
    let said = facts(&[
        ("locale", "de-DE"),
        ("app_build_id", "41"),
        ("app_version", "1.4"),
        ("os_version", "sixteen"),
        ("param:cohort", "a"),
    ]);
    let device = Device { facts: Some(&said), ..scene::device() };
    let (yes, no) =
        (json!({"eq": {"fact": "locale", "value": "de-DE"}}), json!({"prefix": {"fact": "locale", "value": "en"}}));
    let unknown = json!({"eq": {"fact": "device_model", "value": "X"}});
    for (json, expected) in [
        (yes.clone(), Some(true)),
        (json!({"eq": {"fact": "locale", "value": "de-de"}}), Some(false)),
        (json!({"in": {"fact": "app_build_id", "values": ["42", "41", "41"]}}), Some(true)),
        (json!({"in": {"fact": "app_build_id", "values": ["4", "411"]}}), Some(false)),
        (json!({"prefix": {"fact": "locale", "value": "de"}}), Some(true)),
        (no.clone(), Some(false)),
        (json!({"version": {"fact": "app_version", "range": ">=1.4.0, <2.0.0"}}), Some(true)),
        (json!({"version": {"fact": "app_version", "range": ">1.4"}}), Some(false)),
        (json!({"version": {"fact": "os_version", "range": "*"}}), None),
        (json!({"eq": {"fact": "param:cohort", "value": "a"}}), Some(true)),
        (json!({"eq": {"fact": "param:tier", "value": "a"}}), None),
        (json!({"eq": {"fact": "platform", "value": "android"}}), Some(true)),
        (json!({"eq": {"fact": "runtime_version", "value": "1.0.0"}}), Some(true)),
        (json!({"eq": {"fact": "channel", "value": "beta"}}), Some(false)),
        (json!({"device_in": [id]}), Some(true)),
        (json!({"device_in": [Uuid::from_u128(1)]}), Some(false)),
        (unknown.clone(), None),
        (json!({ "not": yes }), Some(false)),
        (json!({ "not": no }), Some(true)),
        (json!({ "not": unknown }), None),
        (json!({ "all": [yes, yes] }), Some(true)),
        (json!({ "all": [yes, unknown] }), None),
        (json!({ "all": [unknown, no] }), Some(false)),
        (json!({ "any": [no, no] }), Some(false)),
        (json!({ "any": [unknown, no] }), None),
        (json!({ "any": [unknown, yes] }), Some(true)),
        (json!({ "not": { "any": [unknown, no] } }), None),
    ] {
        let rule = rule(&json);
        assert_eq!(rule.holds(&device), expected, "{json}");
        let judged = rule.judge(&device);
        assert_eq!((judged.verdict, Node::KINDS.contains(&judged.kind)), (expected, true), "{json}");
        let app = scene::app(vec![model::Entry { rule: Some(rule.into()), ..scene::entry(5) }]);
        assert_eq!(decide(&app, &device).outcome.served().is_some(), expected == Some(true), "{json}");
    }
    let nameless = Device { id: None, facts: None, ..device };
    assert_eq!(rule(&json!({ "not": { "device_in": [id] } })).holds(&nameless), None);
    assert_eq!(rule(&yes).holds(&nameless), None);
}

#[test]
fn an_empty_text_says_nothing() {
    let said = facts(&[("locale", ""), ("param:cohort", "")]);
    let device = Device { facts: Some(&said), ..scene::device() };
    assert_eq!((device.fact(&Fact::Locale), device.fact(&Fact::parse("param:cohort").expect("a fact"))), (None, None));
}

#[test]
fn only_rules_that_ask_for_more_than_a_check_says_ask_for_facts() {
    for (json, asks) in [
        (json!({"eq": {"fact": "platform", "value": "ios"}}), false),
        (json!({"not": {"device_in": [Uuid::nil()]}}), false),
        (
            json!({"any": [{"device_in": [Uuid::nil()]}, {"not": {"prefix": {"fact": "param:tier", "value": "g"}}}]}),
            true,
        ),
        (json!({"version": {"fact": "os_version", "range": "15"}}), true),
    ] {
        assert_eq!(rule(&json).asks_for_facts(), asks, "{json}");
    }
}

fn told(judged: &model::rule::Judged, depth: usize, lines: &mut Vec<String>) {
    let verdict = judged.verdict.map_or("unknown".into(), |verdict| verdict.to_string());
    let said = judged.said.as_deref().unwrap_or("-");
    lines.push(format!("{}{} | {verdict} | {said}", "  ".repeat(depth), judged.asks));
    judged.nodes.iter().for_each(|node| told(node, depth + 1, lines));
}

#[test]
fn a_judgement_tells_each_node_with_what_was_said() {
    let said = facts(&[("locale", "de-DE")]);
    let device = Device { facts: Some(&said), id: None, ..scene::device() };
    let rule = rule(&json!({ "any": [
        { "all": [
            { "prefix": { "fact": "locale", "value": "de" } },
            { "not": { "version": { "fact": "app_version", "range": "<2" } } },
        ] },
        { "device_in": [Uuid::nil(), Uuid::max()] },
        { "in": { "fact": "locale", "values": ["a", "b", "c", "d", "e", "f", "g"] } },
    ] }));
    let mut lines = Vec::new();
    told(&rule.judge(&device), 0, &mut lines);
    assert_eq!(
        lines,
        [
            "one of these | unknown | -",
            "  all of these | unknown | -",
            "    locale begins with \"de\" | true | de-DE",
            "    not this | unknown | -",
            "      app_version is a version in \"<2\" | unknown | -",
            "  the device is one of 2 | unknown | -",
            "  locale is one of \"a\", \"b\", \"c\", \"d\", \"e\" and 2 more | false | de-DE",
        ]
    );
}

const LOCALES: [&str; 4] = ["de-DE", "de", "en-US", "fr"];
const VERSIONS: [&str; 6] = ["1.4.0", "1.4", "2", "1.4.0-beta.1", "1.4.0.1", "none"];
const RANGES: [&str; 6] = [">=1.4.0, <2.0.0", "1.4", "~1.4.0-beta.0", "*", "<2", "=2"];

/// A rule as JSON, about all that [`Says`] may say.
fn tree() -> impl Strategy<Value = Value> {
    tree_about(&["locale", "platform", "app_version", "param:cohort"])
}

fn tree_about(facts: &[&'static str]) -> impl Strategy<Value = Value> {
    let facts = facts.to_vec();
    let fact = || select(facts.clone());
    let text = || select(LOCALES.into_iter().chain(["ios", "android", "a"]).collect::<Vec<_>>());
    let leaf = prop_oneof![
        (fact(), text()).prop_map(|(fact, value)| json!({"eq": {"fact": fact, "value": value}})),
        (fact(), text()).prop_map(|(fact, value)| json!({"prefix": {"fact": fact, "value": value}})),
        (fact(), vec(text(), 1..4)).prop_map(|(fact, values)| json!({"in": {"fact": fact, "values": values}})),
        (fact(), select(RANGES.to_vec())).prop_map(|(fact, range)| json!({"version": {"fact": fact, "range": range}})),
        vec((0_u128..4).prop_map(Uuid::from_u128), 1..3).prop_map(|ids| json!({ "device_in": ids })),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|node| json!({ "not": node })),
            vec(inner.clone(), 1..4).prop_map(|nodes| json!({ "all": nodes })),
            vec(inner, 1..4).prop_map(|nodes| json!({ "any": nodes })),
        ]
    })
}

/// What a device says, by the names of facts.
#[derive(Clone, Debug)]
struct Says {
    id: Option<Uuid>,
    ios: bool,
    locale: Option<&'static str>,
    app_version: Option<&'static str>,
    cohort: Option<&'static str>,
}

impl Says {
    fn about(&self, fact: &str) -> Option<&'static str> {
        match fact {
            "platform" => Some(if self.ios { "ios" } else { "android" }),
            "locale" => self.locale,
            "app_version" => self.app_version,
            "param:cohort" => self.cohort,
            other => panic!("{other}"),
        }
    }

    fn judges(&self, rule: &Rule) -> Option<bool> {
        let said = [("locale", self.locale), ("app_version", self.app_version), ("param:cohort", self.cohort)];
        let said: Vec<_> = said.into_iter().filter_map(|(name, text)| Some((name, text?))).collect();
        let facts = facts(&said);
        let platform = if self.ios { Platform::Ios } else { Platform::Android };
        rule.holds(&Device { platform, id: self.id, facts: Some(&facts), ..scene::device() })
    }
}

fn says() -> impl Strategy<Value = Says> {
    let id = option::of((0_u128..4).prop_map(Uuid::from_u128));
    let versions = option::weighted(0.8, select(VERSIONS.to_vec()));
    (id, any::<bool>(), option::weighted(0.7, select(LOCALES.to_vec())), versions, option::of(Just("a")))
        .prop_map(|(id, ios, locale, app_version, cohort)| Says { id, ios, locale, app_version, cohort })
}

/// The second evaluator: from the JSON, over numbers (0 false, 1 unknown, 2 true), where `all` is the least, `any` the
/// greatest and `not` what is left to 2.
fn slowly(json: &Value, says: &Says) -> u8 {
    let (kind, inner) = json.as_object().expect("a node").iter().next().expect("one key");
    let each =
        |json: &Value| -> Vec<u8> { json.as_array().expect("a list").iter().map(|node| slowly(node, says)).collect() };
    let said = inner.get("fact").map(|fact| says.about(fact.as_str().expect("a name")));
    let truth = |told: bool| if told { 2 } else { 0 };
    match (kind.as_str(), said) {
        ("all", _) => *each(inner).iter().min().expect("not empty"),
        ("any", _) => *each(inner).iter().max().expect("not empty"),
        ("not", _) => 2 - slowly(inner, says),
        ("device_in", _) => says.id.map_or(1, |id| truth(inner.as_array().expect("a list").contains(&json!(id)))),
        (_, Some(None)) => 1,
        ("eq", Some(Some(said))) => truth(inner["value"] == said),
        ("prefix", Some(Some(said))) => truth(said.find(inner["value"].as_str().expect("a text")) == Some(0)),
        ("in", Some(Some(said))) => {
            truth(inner["values"].as_array().expect("a list").iter().any(|value| value == said))
        }
        ("version", Some(Some(said))) => {
            let padded = match said {
                "1.4" => "1.4.0",
                "2" => "2.0.0",
                other => other,
            };
            let range = semver::VersionReq::parse(inner["range"].as_str().expect("a range")).expect("a range");
            semver::Version::parse(padded).map_or(1, |version| truth(range.matches(&version)))
        }
        other => panic!("{other:?}"),
    }
}

fn version() -> impl Strategy<Value = String> {
    let number = || prop_oneof![4 => 0_u64..4, 1 => any::<u64>()];
    let part = select(vec!["0", "1", "10", "9", "a", "alpha", "beta", "rc-1", "x7", "18446744073709551617"]);
    let pre = vec(part.clone(), 0..4);
    (number(), number(), number(), pre, option::of(part)).prop_map(|(major, minor, patch, pre, build)| {
        let pre = if pre.is_empty() { String::new() } else { format!("-{}", pre.join(".")) };
        let build = build.map(|build| format!("+{build}")).unwrap_or_default();
        format!("{major}.{minor}.{patch}{pre}{build}")
    })
}

fn range() -> impl Strategy<Value = String> {
    let bound = (select(vec!["", "=", ">", ">=", "<", "<=", "~", "^"]), version(), 1_usize..4).prop_map(
        |(op, version, parts)| {
            let whole = version.split('+').next().expect("a part").to_owned();
            let cut = |parts| {
                whole.split('-').next().expect("a part").splitn(4, '.').take(parts).collect::<Vec<_>>().join(".")
            };
            format!("{op}{}", if parts == 3 { whole.clone() } else { cut(parts) })
        },
    );
    prop_oneof![12 => vec(bound, 1..4).prop_map(|bounds| bounds.join(", ")), 1 => Just("*".to_owned()), 1 => Just("1.*".to_owned())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn it_agrees_with_the_slow_evaluator(json in tree(), says in says()) {
        let expected = [Some(false), None, Some(true)][usize::from(slowly(&json, &says))];
        let rule = rule(&json);
        prop_assert_eq!(says.judges(&rule), expected);
        prop_assert_eq!(rule.judge(&scene::device()).verdict, rule.holds(&scene::device()));
    }

    #[test]
    fn a_rule_about_what_nobody_says_never_matches_nor_does_its_opposite(
        json in tree_about(&["locale", "app_version", "param:cohort"]),
    ) {
        let silent = Device { id: None, ..scene::device() };
        prop_assert_eq!(rule(&json).holds(&silent), None);
        prop_assert_eq!(rule(&json!({ "not": json })).holds(&silent), None);
    }

    #[test]
    fn what_is_said_more_only_settles(json in tree(), says in says()) {
        // Kleene's tables are monotone: once settled, nothing that was unknown can turn it.
        let rule = rule(&json);
        let fuller = Says { locale: says.locale.or(Some("fr")), cohort: says.cohort.or(Some("a")), ..says.clone() };
        if let Some(verdict) = says.judges(&rule) {
            prop_assert_eq!(fuller.judges(&rule), Some(verdict));
        }
    }

    #[test]
    fn it_comes_back_from_its_json(json in tree()) {
        let first = rule(&json);
        let text = serde_json::to_string(&first).expect("it can be written");
        let second: Rule = serde_json::from_str(&text).expect("it can be read");
        prop_assert_eq!(&first, &second);
        prop_assert_eq!(serde_json::to_string(&second).expect("it can be written"), text);
    }

    #[test]
    fn versions_are_compared_as_the_semver_crate_does(version in version(), range in range()) {
        let Ok(wanted) = semver::VersionReq::parse(&range) else { return Ok(()) };
        let expected = semver::Version::parse(&version).ok().map(|version| wanted.matches(&version));
        let ours = VersionRange::parse(&range).expect("the same").contains(&version);
        prop_assert_eq!(ours, expected, "{} in {}", version, range);
    }

    #[test]
    fn no_text_is_too_odd_for_a_version(text in "\\PC{0,20}|[0-9.+-]{0,12}") {
        let ours = VersionRange::parse("*").expect("a range").contains(&text);
        if semver::Version::parse(&text).is_ok() {
            prop_assert!(ours.is_some());
        }
    }
}

#[test]
fn versions_are_read_leniently() {
    let inside = |range: &str, version: &str| VersionRange::parse(range).expect("a range").contains(version);
    for (range, version, expected) in [
        (">=1.4.0, <2.0.0", "1.4", Some(true)),
        (">=1.4.0, <2.0.0", "1", Some(false)),
        ("=15", "15", Some(true)),
        (">=17.5", "17.5.1", Some(true)),
        (">=2024.5", "2024.05.01", Some(true)),
        ("<1.4", "1.4-beta", Some(false)),
        (">=1.4.0-alpha", "1.4-beta", Some(true)),
        ("1", "1.9.9+77", Some(true)),
        ("*", "", None),
        ("*", "v1", None),
        ("*", "1.", None),
        ("*", "1.2.3.4", None),
        ("*", "+1", None),
        ("*", "1-", None),
        ("*", "1-a..b", None),
        ("*", "1+ä", None),
        ("*", "18446744073709551616", None),
        ("*", " 1", None),
    ] {
        assert_eq!(inside(range, version), expected, "{version} in {range}");
    }
}

#[test]
fn twenty_nodes_allocate_nothing() {
    let rule = rule(&scene::twenty_nodes());
    let said = facts(&[("locale", "de-DE"), ("app_version", "1.4.0-a.long.pre.release.of.it"), ("param:cohort", "a")]);
    let device = Device { facts: Some(&said), ..scene::device() };
    let mut verdict = None;
    let counted = allocation_counter::measure(|| verdict = rule.holds(&device));
    assert_eq!((verdict, counted.count_total), (Some(true), 0));
}
