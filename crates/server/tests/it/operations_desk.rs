//! A server, and an operator who does everything through the API.

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;
use testing::{Answered, Export, Publisher, TestServer, expect};

use crate::scene::assert_problem;

/// A fresh server with its operator.
pub struct Desk {
    pub server: TestServer,
    pub publisher: Publisher,
}

impl Desk {
    pub async fn new() -> Self {
        let server = TestServer::start().await;
        let publisher = server.publisher();
        Self { server, publisher }
    }

    /// Publishes to both platforms, a second after whatever was before.
    pub async fn publish(&self, text: &str, channel: &str) -> api::Published {
        self.server.clock.advance(1000);
        self.publisher.publish(&Export::small("1.0.0", text), channel).await
    }

    /// Prepares with these members more, and commits.
    pub async fn publish_with(&self, text: &str, members: &Value) -> api::Published {
        let prepared: api::Prepared = expect(&self.prepare_with(text, members).await);
        expect(&self.publisher.commit(&prepared.id).await)
    }

    /// Prepares for `production` with these members more.
    pub async fn prepare_with(&self, text: &str, members: &Value) -> Answered {
        self.server.clock.advance(1000);
        let export = Export::small("1.0.0", text);
        self.publisher.upload_missing(&export).await;
        let mut request = serde_json::to_value(Publisher::prepare_request(&export, "production")).unwrap();
        for (name, value) in members.as_object().unwrap() {
            request[name] = value.clone();
        }
        self.publisher.post("/publishes", &request).await
    }

    /// What is at this address.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> T {
        expect(&self.publisher.get(path).await)
    }

    /// Any request; no body for null.
    pub async fn send(&self, method: Method, path: &str, body: &Value) -> Answered {
        self.send_with(method, path, body, &[]).await
    }

    /// The same with more headers.
    pub async fn send_with(&self, method: Method, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answered {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.publisher.send(method, path, headers, body.into()).await
    }

    /// An operation by `POST` that succeeds.
    pub async fn post(&self, path: &str, body: Value) -> api::Operated {
        expect(&self.send(Method::POST, path, &body).await)
    }

    /// An operation by `PATCH` that succeeds.
    pub async fn patch(&self, path: &str, body: Value) -> api::Operated {
        expect(&self.send(Method::PATCH, path, &body).await)
    }

    /// An operation by `DELETE` that succeeds.
    pub async fn delete(&self, path: &str) -> api::Operated {
        expect(&self.send(Method::DELETE, path, &Value::Null).await)
    }

    /// Asserts that a request is refused in this way, and that it left no line in the audit log.
    pub async fn refused(&self, (method, path, body): (&str, &str, Value), problem: (u16, &str, &str)) {
        let before = self.audit(1000).await.len();
        let answer = self.send(method.parse().unwrap(), path, &body).await;
        assert_problem(&answer, problem, &format!("{method} {path} {body}"));
        assert_described(method, path, problem);
        assert_eq!(self.audit(1000).await.len(), before, "{method} {path} {body} left a trace");
    }

    /// The newest lines of the audit log.
    pub async fn audit(&self, limit: u16) -> Vec<api::AuditLine> {
        self.get::<api::Audit>(&format!("/audit?limit={limit}")).await.lines
    }

    /// The entries of a query, in one page.
    pub async fn updates(&self, query: &str) -> Vec<api::Update> {
        self.get::<api::Updates>(&format!("/updates?limit=200{query}")).await.updates
    }

    /// The entries of a group.
    pub async fn group(&self, group: &str) -> Vec<api::ShownUpdate> {
        self.get::<api::ShownUpdates>(&format!("/updates/{group}")).await.updates
    }

    /// The states of a group's entries, Android first.
    pub async fn states(&self, group: &str) -> Vec<api::UpdateState> {
        self.group(group).await.into_iter().map(|shown| shown.update.state).collect()
    }
}

/// Asserts that the API's description says that this request can be refused in this way.
fn assert_described(method: &str, path: &str, (status, code, _): (u16, &str, &str)) {
    let document: Value = serde_json::from_str(admin::openapi()).unwrap();
    let asked: Vec<&str> = path.split('?').next().unwrap().split('/').collect();
    let fits = |described: &str| {
        let described: Vec<&str> = described.strip_prefix("/api/v1/apps/{app}").unwrap_or("?").split('/').collect();
        let mut pairs = described.iter().zip(&asked);
        described.len() == asked.len() && pairs.all(|(name, given)| name == given || name.starts_with('{'))
    };
    let mut described = document["paths"].as_object().unwrap().iter().filter(|(path, _)| fits(path));
    let (_, item) = described.next().unwrap_or_else(|| panic!("{path} is not described"));
    let response = &item[method.to_lowercase()]["responses"][status.to_string()]["description"];
    let named = response.as_str().is_some_and(|text| text.contains(&format!("`{code}`")));
    assert!(named, "{method} {path} does not describe {status} {code}: {response}");
}

/// The codes of warnings.
pub fn codes(warnings: &[api::Warning]) -> Vec<&str> {
    warnings.iter().map(|warning| warning.code.as_str()).collect()
}
