//! The web sites of clients that publish documents about themselves: https on loopback under the sites' own names,
//! which only the table of [`DocumentSite::resolver`] knows.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use control_plane::egress::StaticResolver;
use serde_json::Value;
use tokio::net::TcpListener;

/// What a URL answers: status, headers, body.
type Answer = (u16, Vec<(String, String)>, String);

#[derive(Default)]
struct Shelf {
    answers: HashMap<String, Answer>,
    asked: HashMap<String, usize>,
}

/// Sites under several names at one address.
#[derive(Clone)]
pub struct DocumentSite {
    hosts: Vec<String>,
    address: SocketAddr,
    ca_file: PathBuf,
    shelf: Arc<Mutex<Shelf>>,
}

impl DocumentSite {
    pub async fn start(hosts: &[&str], folder: &Path) -> Self {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let ca_file = folder.join("documents.crt");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        let router = Router::new().fallback(answer).with_state(shelf.clone());
        let pem = super::tls::serve(listener, hosts.clone(), router);
        std::fs::write(&ca_file, pem).expect("writable");
        Self { hosts, address, ca_file, shelf }
    }

    /// Puts a document where its `client_id` says it is.
    pub fn publish(&self, document: &Value) {
        let url = document["client_id"].as_str().expect("a client_id").to_owned();
        self.answer(&url, 200, &[("content-type", "application/json")], &document.to_string());
    }

    pub fn answer(&self, url: &str, status: u16, headers: &[(&str, &str)], body: &str) {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut shelf = self.shelf.lock().expect("not poisoned");
        shelf.answers.insert(url.to_owned(), (status, headers, body.to_owned()));
    }

    /// How often a URL was asked for.
    pub fn asked(&self, url: &str) -> usize {
        self.shelf.lock().expect("not poisoned").asked.get(url).copied().unwrap_or_default()
    }

    pub fn resolver(&self) -> StaticResolver {
        let names = self.hosts.iter().map(|host| (host.clone(), vec![self.address])).collect();
        StaticResolver { names, ..StaticResolver::default() }
    }

    pub fn ca_file(&self) -> PathBuf {
        self.ca_file.clone()
    }
}

async fn answer(State(shelf): State<Arc<Mutex<Shelf>>>, request: Request) -> Response {
    let host = request.headers()["host"].to_str().expect("ASCII").to_owned();
    assert!(!request.headers().contains_key("cookie"), "no cookie is sent");
    let url = format!("https://{host}{}", request.uri());
    let mut shelf = shelf.lock().expect("not poisoned");
    *shelf.asked.entry(url.clone()).or_default() += 1;
    let Some((status, headers, body)) = shelf.answers.get(&url).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = (StatusCode::from_u16(status).expect("a status"), body).into_response();
    response.headers_mut().remove("content-type");
    for (name, value) in headers {
        let name = axum::http::HeaderName::from_bytes(name.as_bytes()).expect("a name");
        response.headers_mut().insert(name, value.parse().expect("a value"));
    }
    response
}
