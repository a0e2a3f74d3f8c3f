//! Publishing from an Expo project, with a played npx and git.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};

use cli::commands::publish::{PublishOptions, PublishReport, Source, publish};
use cli::exit::Exit;
use cli::{Failure, Mode, Printer, Programs};
use tempfile::TempDir;

use crate::fake_server::{FakeServer, Fault};
use crate::publish::{options, small_export};

/// An Expo project whose npx and git answer what the test lays into `.fake`.
struct Project {
    directory: TempDir,
    server: FakeServer,
}

impl Project {
    async fn new(config: &str) -> Self {
        let directory = TempDir::new().unwrap();
        fs::create_dir_all(directory.path().join(".fake/export")).unwrap();
        let project = Self { directory, server: FakeServer::start().await };
        project.lay("config", config);
        let export = small_export(&[("a", b"one")]);
        fs::create_dir(project.path(".fake/export/assets")).unwrap();
        for file in ["metadata.json", "ios.hbc", "assets/a"] {
            fs::copy(export.path().join(file), project.path(".fake/export").join(file)).unwrap();
        }
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn lay(&self, name: &str, text: &str) {
        fs::write(self.path(".fake").join(name), text).unwrap();
    }

    /// A repository with one commit.
    fn commit(&self) {
        self.lay("commit", "0123456789012345678901234567890123456789\n");
        self.lay("branch", "main\n");
        self.lay("changes", "");
        self.lay("subject", "Make the button blue\n");
    }

    fn options(&self) -> PublishOptions {
        let fakes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fakes");
        PublishOptions {
            source: Source::Project,
            programs: Programs { npx: fakes.join("npx"), git: fakes.join("git"), unattended: true },
            ..options(&self.server, Path::new("unused"), self.directory.path())
        }
    }

    async fn publish(&self, options: PublishOptions) -> (Result<PublishReport, Failure>, String) {
        let (printer, printed) = Printer::captured(Mode::default());
        let result = publish(options, &printer).await;
        if let Err(failure) = &result {
            printer.failure(failure);
        }
        let fakes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fakes");
        let said = printed.err().replace(self.directory.path().to_str().unwrap(), "PROJECT");
        (result, said.replace(fakes.to_str().unwrap(), "FAKES"))
    }

    fn asked(&self) -> String {
        fs::read_to_string(self.path(".fake/asked")).unwrap_or_default()
    }

    fn prepared(&self) -> api::PreparePublish {
        self.server.inner().prepared.last().unwrap().clone()
    }
}

/// What Expo's tools say of an app.json with a comma missing, twice over.
const BROKEN_APP_JSON: &str = r#"JsonFileError: Error parsing JSON: {
  "expo": {
    "name": "x"
    "slug": "y"
  }
}

├─ File: /app/app.json
└─ Cause: SyntaxError: JSON5: invalid character '\"' at 4:5
  2 |   "expo": {
  3 |     "name": "x"
> 4 |     "slug": "y"
    |     ^
  5 |   }
  6 | }
  7 |
    at parseJsonString (/app/node_modules/@expo/json-file/build/JsonFile.js:229:19)
    at JsonFile.read (/app/node_modules/@expo/json-file/build/JsonFile.js:192:12)
    at getStaticConfig (/app/node_modules/@expo/config/build/getConfig.js:62:38)
"#;

/// What they say of an app.config.ts that throws, with a deep stack and a line of minified code.
fn thrown() -> String {
    let frames = "    at deep (/app/app.config.js:4:69)\n".repeat(50);
    let minified = "x".repeat(100_000);
    format!(
        "Error: Error reading Expo config at /app/app.config.ts:\n\n{minified}\nAPI_URL is not set: put it into .env\n\
         Error: API_URL is not set: put it into .env\n{frames}"
    )
}

const IOS_APP: &str = r#"{"slug":"x","platforms":["ios","web"],"runtimeVersion":"1.0.0"}"#;

type Breakage = &'static dyn Fn(&Project, &mut PublishOptions);

/// Scratch directories have random names.
fn without_scratch(text: &str) -> String {
    let words = text.split(' ').map(|word| if word.contains("updraft-export-") { "SCRATCH`" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_project_is_asked_exported_and_published() {
    let project = Project::new(IOS_APP).await;
    project.commit();
    let (report, said) = project.publish(project.options()).await;
    assert_eq!(report.unwrap().message.as_deref(), Some("Make the button blue"));

    let asked = project.asked();
    let asked: Vec<&str> = asked.lines().collect();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0], "--no -- expo config --json --type public");
    assert!(asked[1].starts_with("--no -- expo export --platform ios --output-dir "), "{asked:?}");
    let scratch = asked[1].rsplit(' ').next().unwrap();
    assert!(!Path::new(scratch).exists(), "{scratch} was left behind");

    assert!(said.contains("Starting Metro Bundler\n") && said.contains("Exported with CI=1\n"), "{said}");
    let prepared = project.prepared();
    assert_eq!(prepared.platforms.len(), 1);
    assert_eq!(prepared.platforms[0].runtime_version, "1.0.0");
    assert_eq!(prepared.platforms[0].expo_config.as_ref().unwrap()["slug"], "x");
    let git = prepared.git.unwrap();
    assert_eq!((git.commit.len(), git.branch.as_deref(), git.dirty), (40, Some("main"), false));
}

#[tokio::test]
async fn git_is_recorded_as_far_as_it_answers() {
    let project = Project::new(IOS_APP).await;
    project.commit();
    project.lay("changes", " M App.tsx\n");
    fs::remove_file(project.path(".fake/branch")).unwrap();
    let mut options = project.options();
    options.message = Some("By hand".into());
    project.publish(options).await.0.unwrap();
    let prepared = project.prepared();
    assert_eq!(prepared.message.as_deref(), Some("By hand"));
    let git = prepared.git.unwrap();
    assert_eq!((git.branch, git.dirty), (None, true));

    // A repository of another object format, then none.
    for commit in ["01234567890123456789012345678901234567890123456789012345678901234", ""] {
        project.lay("commit", commit);
        let mut options = project.options();
        options.force = true;
        project.publish(options).await.0.unwrap();
        assert_eq!((project.prepared().git, project.prepared().message), (None, None));
    }
}

#[tokio::test]
async fn a_config_is_found_in_what_plugins_print_around_it() {
    let noise = "env: export API_URL\n{ a: 1,\n  b: 2 }\n{\"level\":\"info\"}\n";
    let pretty = IOS_APP.replace('{', "{\n  ").replace(',', ",\n  ");
    let project = Project::new(&format!("{noise}{pretty}\nDone in 1 s\n")).await;
    project.publish(project.options()).await.0.unwrap();
    assert_eq!(project.prepared().platforms[0].expo_config.as_ref().unwrap()["slug"], "x");
}

#[tokio::test]
async fn a_policy_is_resolved_by_the_projects_own_tool() {
    let project = Project::new(r#"{"platforms":["ios"],"runtimeVersion":{"policy":"fingerprint"}}"#).await;
    project.lay("runtime-version-ios", r#"{"runtimeVersion":"92815fdb","fingerprintSources":null}"#);
    project.publish(project.options()).await.0.unwrap();
    assert_eq!(project.prepared().platforms[0].runtime_version, "92815fdb");

    let mut options = project.options();
    options.runtime_version = Some("by hand".into());
    options.force = true;
    project.publish(options).await.0.unwrap();
    assert_eq!(project.prepared().platforms[0].runtime_version, "by hand");
    assert_eq!(project.asked().matches("runtimeversion:resolve").count(), 1);
}

#[tokio::test]
async fn an_export_without_its_config_asks_the_project() {
    let project = Project::new(IOS_APP).await;
    let export = small_export(&[]);
    fs::remove_file(export.path().join("expoConfig.json")).unwrap();
    let mut options = project.options();
    options.source = Source::Export(export.path().to_owned());
    project.publish(options).await.0.unwrap();
    assert_eq!(project.prepared().platforms[0].expo_config.as_ref().unwrap()["slug"], "x");
    assert_eq!(project.asked(), "--no -- expo config --json --type public\n");
}

#[tokio::test]
async fn a_publish_that_fails_late_keeps_the_export_with_its_config() {
    let project = Project::new(IOS_APP).await;
    project.server.fail("prepare", [Fault::Problem(api::Code::RolloutActive)]);
    let (result, said) = project.publish(project.options()).await;
    assert_eq!(result.unwrap_err().code(), "rollout_active");
    let kept = said.split("--input-dir ").nth(1).unwrap().split('`').next().unwrap();

    let mut options = project.options();
    options.source = Source::Export(kept.into());
    options.programs.npx = "/nowhere/npx".into();
    project.publish(options).await.0.unwrap();
    assert_eq!(project.server.count("upload"), 2);
    fs::remove_dir_all(kept).unwrap();
}

#[tokio::test]
async fn what_fails_in_a_project_is_told_in_its_own_words() {
    let mut said = String::new();
    let failing: [(&str, Breakage); 12] = [
        ("config fails", &|project, _| project.lay("config.fails", "CommandError: no app.json\n")),
        ("config is not JSON", &|project, _| project.lay("config", "Hello\n")),
        ("app.json is not JSON", &|project, _| project.lay("config.fails", BROKEN_APP_JSON)),
        ("app.config.ts throws", &|project, _| project.lay("config.fails", &thrown())),
        ("no runtime version", &|project, _| project.lay("config", r#"{"platforms":["ios"]}"#)),
        ("odd runtime version", &|project, _| project.lay("config", r#"{"platforms":["ios"],"runtimeVersion":7}"#)),
        ("no platform of ours", &|project, _| project.lay("config", r#"{"platforms":["web"]}"#)),
        ("not that platform", &|_, options| options.platform = Some(protocol::Platform::Android)),
        ("policy unresolved", &|project, _| {
            project.lay("config", r#"{"platforms":["ios"],"runtimeVersion":{"policy":"fingerprint"}}"#);
            project.lay("runtime-version-ios", r#"{"runtimeVersion":null}"#);
        }),
        ("export fails", &|project, _| project.lay("export.fails", "Unable to resolve module ./nowhere\n")),
        ("no npx", &|_, options| options.programs.npx = "/nowhere/npx".into()),
        ("no project", &|project, options| options.project = project.path("nowhere")),
    ];
    for (name, break_it) in failing {
        let project = Project::new(IOS_APP).await;
        let mut options = project.options();
        break_it(&project, &mut options);
        let (result, printed) = project.publish(options).await;
        assert_eq!(result.unwrap_err().exit(), Exit::Failure, "{name}");
        let story = if name == "export fails" { "app, updates" } else { "app" };
        assert_eq!(project.server.story(), story, "{name}");
        said += "-- ";
        said += name;
        said += "\n";
        said += &printed;
    }
    insta::assert_snapshot!(without_scratch(&said).replace(&"x".repeat(300), "XXX"), @r#"
    -- config fails
    error: `npx expo config --json --type public` failed (exit status: 1)
      | npm warn Unknown user config "nodedir".
      | CommandError: no app.json
    hint: run that command in the project to see what is wrong; `npm ci` installs what it needs
    -- config is not JSON
    error: `npx expo config --json --type public` did not print an app config as JSON
    hint: run that command in the project to see what is wrong; `npm ci` installs what it needs
    -- app.json is not JSON
    error: `npx expo config --json --type public` failed (exit status: 1)
      | JsonFileError: Error parsing JSON: {
      |   "expo": {
      |     "name": "x"
      |     "slug": "y"
      |   }
      | }
      | ├─ File: /app/app.json
      | └─ Cause: SyntaxError: JSON5: invalid character '\"' at 4:5
      |   2 |   "expo": {
      |   3 |     "name": "x"
      | > 4 |     "slug": "y"
      |     |     ^
      |   5 |   }
      |   6 | }
      |   7 |
    hint: run that command in the project to see what is wrong; `npm ci` installs what it needs
    -- app.config.ts throws
    error: `npx expo config --json --type public` failed (exit status: 1)
      | npm warn Unknown user config "nodedir".
      | Error: Error reading Expo config at /app/app.config.ts:
      | XXX…
      | API_URL is not set: put it into .env
      | Error: API_URL is not set: put it into .env
    hint: run that command in the project to see what is wrong; `npm ci` installs what it needs
    -- no runtime version
    error: the app config has no runtimeVersion for ios
    hint: set `runtimeVersion` in app.json, for example to "1.0.0", or pass --runtime-version
    -- odd runtime version
    error: the app config's runtimeVersion for ios is neither a text nor a policy
    hint: set `runtimeVersion` in app.json, for example to "1.0.0", or pass --runtime-version
    -- no platform of ours
    error: the app config's platforms include neither ios nor android
    hint: add "ios" or "android" to `platforms` in app.json
    -- not that platform
    error: the app config's platforms do not include android
    hint: add "android" to `platforms` in app.json, or drop --platform
    -- policy unresolved
    error: `npx expo-updates runtimeversion:resolve --platform ios` did not print a runtimeVersion
    hint: run that command in the project to see what is wrong; `npm ci` installs what it needs
    -- export fails
    npm warn Unknown user config "nodedir".
    Unable to resolve module ./nowhere
    error: `npx expo export --platform ios --output-dir SCRATCH` failed (exit status: 1)
    hint: run that command in the project to see what is wrong; `npm ci` installs what it needs
    -- no npx
    error: /nowhere/npx cannot be run
      caused by: No such file or directory (os error 2)
    hint: install Node 20 or newer; or, without Node, publish a finished export with --input-dir and --runtime-version
    -- no project
    error: there is no directory PROJECT/nowhere
    hint: name the Expo project's directory with --project
    "#);
}

#[tokio::test]
async fn a_quiet_export_that_fails_still_says_why() {
    let project = Project::new(IOS_APP).await;
    project.lay("export.fails", "Unable to resolve module ./nowhere\n");
    let (printer, printed) = Printer::captured(Mode { quiet: true, ..Mode::default() });
    let failure = publish(project.options(), &printer).await.unwrap_err();
    printer.failure(&failure);
    assert!(printed.err().contains("\n  | Unable to resolve module ./nowhere\n"), "{}", printed.err());
}
