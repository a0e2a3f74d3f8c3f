//! Assets: immutable bytes under their hash, in the smallest form that the client takes.

use std::sync::Arc;

use blob::BlobBody;
use futures_util::TryStreamExt;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use model::BlobHash;
use protocol::encoding::{self, Encoding, Variant};
use protocol::etag::IfNoneMatch;
use protocol::range::{self, ByteRange, RangeOutcome};
use protocol::request::check_header_sizes;
use store::{AssetRecord, ContentEncoding};

use crate::Delivery;
use crate::body::Body;
use crate::problem::Problem;

/// The bytes under a hash never change.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Whatever a publisher uploads, a browser must never run it as a page of this host.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// One stored form of an asset.
struct Form {
    encoding: Encoding,
    hash: BlobHash,
    size: u64,
}

/// An answer, as far as memory has it.
pub enum AssetAnswer {
    /// Whole.
    Now(Response<Body>),
    /// Its body lies in the blob store: [`Delivery::read_asset`] reads it.
    Read(Reading),
}

/// An answer whose body is still to be read.
pub struct Reading {
    response: Response<Body>,
    form: Form,
    part: Option<ByteRange>,
    length: u64,
}

impl Delivery {
    /// Answers `GET` and `HEAD` of `/assets/{hash}`, from memory where the bytes are there.
    pub fn asset(&self, method: &Method, hash: &str, headers: &HeaderMap) -> AssetAnswer {
        use AssetAnswer::Now;
        if let Err(error) = check_header_sizes(headers) {
            return Now(Problem::from(&error).response());
        }
        let Some(asset) = hash.parse().ok().and_then(|hash| self.asset_record(hash)) else {
            return Now(unknown_asset(hash));
        };
        let form = choose(&asset, headers);
        let etag = quoted(form.hash);
        let mut response = Response::new(Body::empty());
        describe(response.headers_mut(), &asset, &form, &etag);
        if IfNoneMatch::new(headers).matches(&etag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return Now(response);
        }
        let part = match range::evaluate(headers, &etag, form.size) {
            // A range is of a GET and of nothing else (RFC 9110 §14.2).
            _ if *method != Method::GET => None,
            RangeOutcome::Full => None,
            RangeOutcome::Partial(part) => Some(part),
            RangeOutcome::Unsatisfiable => return Now(unsatisfiable(form.size)),
        };
        let length = part.map_or(form.size, |part| part.last - part.first + 1);
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        if let Some(part) = part {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            response.headers_mut().insert(header::CONTENT_RANGE, range::content_range(part, form.size));
        }
        if *method == Method::HEAD {
            return Now(response);
        }
        if part.is_none()
            && let Some(bytes) = self.blobs.in_memory(form.hash)
        {
            *response.body_mut() = Body::Full(bytes);
            return Now(response);
        }
        AssetAnswer::Read(Reading { response, form, part, length })
    }

    /// Reads the body of an answer.
    pub async fn read_asset(&self, reading: Reading) -> Response<Body> {
        let Reading { mut response, form, part, length } = reading;
        match self.read(&form, part, length).await {
            Ok(body) => {
                *response.body_mut() = body;
                response
            }
            Err(error) => {
                tracing::error!(blob = %form.hash, error = &error as &dyn std::error::Error, "an asset cannot be read");
                unreadable_asset(form.hash)
            }
        }
    }

    async fn read(&self, form: &Form, part: Option<ByteRange>, length: u64) -> Result<Body, blob::BlobError> {
        let range = part.map(|part| part.first..part.last + 1);
        let opened = self.blobs.open(form.hash, range).await?;
        if opened.size != form.size {
            return Err(blob::BlobError::Damaged { hash: form.hash });
        }
        Ok(match opened.body {
            BlobBody::Memory(bytes) => Body::Full(bytes),
            BlobBody::Stream(pieces) => {
                Body::Stream { pieces: Box::pin(pieces.map_err(Into::into)), remaining: Some(length) }
            }
        })
    }
}

/// The form to send: of those that the client takes, the smallest. A range is of the asset as it is, so that a download
/// can go on whatever the client accepts by then.
fn choose(asset: &Arc<AssetRecord>, headers: &HeaderMap) -> Form {
    let identity = Form { encoding: Encoding::Identity, hash: asset.hash, size: asset.size };
    if asset.encodings.is_empty() || headers.contains_key(header::RANGE) {
        return identity;
    }
    let mut variants = arrayvec::ArrayVec::<Variant, 4>::new();
    for encoded in asset.encodings.iter().take(variants.capacity()) {
        variants.push(Variant { encoding: wire_name(encoded.encoding), size: encoded.size });
    }
    let chosen = encoding::choose(headers, &variants);
    match asset.encodings.iter().find(|encoded| wire_name(encoded.encoding) == chosen) {
        Some(encoded) => Form { encoding: chosen, hash: encoded.hash, size: encoded.size },
        None => identity,
    }
}

const fn wire_name(encoding: ContentEncoding) -> Encoding {
    match encoding {
        ContentEncoding::Brotli => Encoding::Brotli,
        ContentEncoding::Gzip => Encoding::Gzip,
        ContentEncoding::Zstd => Encoding::Zstd,
    }
}

fn describe(headers: &mut HeaderMap, asset: &AssetRecord, form: &Form, etag: &HeaderValue) {
    headers.reserve(12);
    let content_type = HeaderValue::from_str(&asset.content_type);
    headers.insert(
        header::CONTENT_TYPE,
        content_type.unwrap_or(HeaderValue::from_static(protocol::content_type::UNKNOWN)),
    );
    headers.insert(header::CACHE_CONTROL, CACHE_CONTROL);
    headers.insert(header::ETAG, etag.clone());
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    if !asset.encodings.is_empty() {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    if form.encoding != Encoding::Identity {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(form.encoding.as_str()));
    }
}

/// The strong tag of one form: the hash of its own bytes.
fn quoted(hash: BlobHash) -> HeaderValue {
    HeaderValue::try_from(format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

fn unknown_asset(hash: &str) -> Response<Body> {
    Problem {
        status: StatusCode::NOT_FOUND,
        code: "unknown_asset",
        detail: format!("no update refers to an asset {:?}", &hash[..hash.floor_char_boundary(64)]),
        field: Some("hash"),
        hint: "an asset's address is its SHA-256 in 64 lower-case hexadecimal digits",
    }
    .response()
}

fn unsatisfiable(size: u64) -> Response<Body> {
    let mut response = Problem {
        status: StatusCode::RANGE_NOT_SATISFIABLE,
        code: "range_not_satisfiable",
        detail: format!("the asset has {size} bytes, and the range begins beyond them"),
        field: Some("range"),
        hint: "ask for bytes that there are",
    }
    .response();
    response.headers_mut().insert(header::CONTENT_RANGE, range::unsatisfied_range(size));
    response
}

fn unreadable_asset(hash: BlobHash) -> Response<Body> {
    let mut response = Problem {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "asset_unavailable",
        detail: format!("the bytes {hash} of the asset cannot be read now"),
        field: None,
        hint: "the server's log says why",
    }
    .response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}
