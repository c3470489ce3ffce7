//! Answers that are files, written while they are read from the database: one page in memory, the next one when the
//! client has taken it. A failure on the way breaks the connection off, so that half a file never passes for a whole one.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::{Error, Result};

/// One file.
pub(super) struct Download {
    name: String,
    media_type: &'static str,
    body: Body,
}

/// How the rows of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FileFormat {
    /// Comma-separated values, with a heading.
    Csv,
    /// Lines of JSON.
    Ndjson,
}

impl FileFormat {
    const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
        }
    }
}

impl Download {
    /// A file of that name, without its ending: a heading, and what `write` makes of each page.
    pub(super) fn new<T: Send + 'static>(
        name: &str,
        format: FileFormat,
        heading: String,
        pages: impl Stream<Item = Result<T>> + Send + 'static,
        write: impl Fn(T) -> Result<String> + Send + 'static,
    ) -> Self {
        let name = format!("{name}.{}", format.ending());
        Self { name, media_type: format.media_type(), body: body(heading, pages, write) }
    }
}

fn body<T: Send + 'static>(
    heading: String,
    pages: impl Stream<Item = Result<T>> + Send + 'static,
    write: impl Fn(T) -> Result<String> + Send + 'static,
) -> Body {
    let pages = pages.map(move |page| page.and_then(&write)).inspect(|page| {
        if let Err(error) = page {
            tracing::error!(%error, "a download broke off");
        }
    });
    Body::from_stream(stream::once(async { Ok(heading) }).chain(pages))
}

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", self.name));
        let disposition = disposition.unwrap_or(HeaderValue::from_static("attachment"));
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static(self.media_type)),
            (CONTENT_DISPOSITION, disposition),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (headers, self.body).into_response()
    }
}

/// A value as one line.
pub(super) fn json_line(value: &impl Serialize) -> Result<String> {
    let mut line = serde_json::to_string(value).map_err(Error::internal)?;
    line.push('\n');
    Ok(line)
}
