//! Somebody's CDN: files on a host of its own, and what it was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{HeaderMap, StatusCode, Uri, header};
use serde_json::{Value, json};
use testing::PlatformFiles;
use tokio::task::JoinHandle;

/// What a path answers.
#[derive(Clone)]
enum Page {
    File(Vec<u8>),
    Redirect(String),
    Hangs,
}

#[derive(Default)]
struct Shelf {
    pages: Mutex<HashMap<String, Page>>,
    asked: Mutex<Vec<(String, HeaderMap)>>,
}

pub struct Cdn {
    pub url: String,
    shelf: Arc<Shelf>,
    serving: JoinHandle<()>,
}

impl Drop for Cdn {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Cdn {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shelf = Arc::new(Shelf::default());
        let connections = Arc::clone(&shelf);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shelf = Arc::clone(&connections);
                tokio::spawn(async move {
                    let service =
                        hyper_util::service::TowerToHyperService::new(Router::new().fallback(answer).with_state(shelf));
                    let stream = hyper_util::rt::TokioIo::new(stream);
                    let _ = hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await;
                });
            }
        });
        Self { url, shelf, serving }
    }

    /// Puts a file at a path; returns its URL.
    pub fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) -> String {
        self.page(path, Page::File(bytes.into()))
    }

    pub fn redirect(&self, path: &str, to: &str) -> String {
        self.page(path, Page::Redirect(to.into()))
    }

    pub fn hang(&self, path: &str) -> String {
        self.page(path, Page::Hangs)
    }

    fn page(&self, path: &str, page: Page) -> String {
        self.shelf.pages.lock().unwrap().insert(path.into(), page);
        format!("{}{path}", self.url)
    }

    /// What it was asked since it was asked last.
    pub fn take_asked(&self) -> Vec<(String, HeaderMap)> {
        std::mem::take(&mut *self.shelf.asked.lock().unwrap())
    }

    /// Uploads one platform's files beneath a folder and gives the record that a script would send, without hashes.
    pub fn record(&self, folder: &str, files: &PlatformFiles) -> Value {
        let assets = files.assets.iter().map(|asset| {
            let name = format!("{}.{}", asset.key, asset.ext);
            let url = self.put(&format!("{folder}/assets/{name}"), asset.bytes.clone());
            json!({ "fileName": name, "url": url, "contentType": "application/octet-stream" })
        });
        let assets: Value = assets.collect();
        let launch = self.put(&format!("{folder}/index.{}.bundle", files.platform), files.bundle.bytes.clone());
        json!({
            "platform": files.platform,
            "runtime_version": files.runtime_version,
            "channel": "production",
            "launch_asset_url": launch,
            "assets": assets,
            "metadata": {},
        })
    }
}

/// The record with the hashes of its files.
pub fn with_hashes(mut record: Value, files: &PlatformFiles) -> Value {
    record["launch_asset_hash"] = files.bundle.hash().into();
    for (asset, file) in record["assets"].as_array_mut().unwrap().iter_mut().zip(&files.assets) {
        asset["hash"] = file.hash().into();
    }
    record
}

async fn answer(State(shelf): State<Arc<Shelf>>, uri: Uri, headers: HeaderMap) -> axum::response::Response {
    shelf.asked.lock().unwrap().push((uri.path().to_owned(), headers));
    let page = shelf.pages.lock().unwrap().get(uri.path()).cloned();
    match page {
        Some(Page::File(bytes)) => bytes.into_response(),
        Some(Page::Redirect(to)) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Some(Page::Hangs) => std::future::pending().await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
