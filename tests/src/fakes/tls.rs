//! HTTPS on loopback, with certificates that nobody trusts by themselves.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Serves under these names, and answers the certificate to trust, as PEM.
pub(super) fn serve(listener: TcpListener, names: Vec<String>, router: Router) -> String {
    accept(listener, names, move |stream| {
        let service = TowerToHyperService::new(router.clone());
        async move {
            // A client that goes away early is its own business.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        }
    })
}

/// Hands what comes in under these names on to `inside`, without TLS. Answers the certificate, as PEM.
pub(crate) fn front(listener: TcpListener, names: Vec<String>, inside: SocketAddr) -> String {
    accept(listener, names, move |mut outside| async move {
        let mut inside = TcpStream::connect(inside).await.expect("it listens");
        // Either side may go away as it likes.
        let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
    })
}

fn accept<F>(
    listener: TcpListener,
    names: Vec<String>,
    serve: impl Fn(TlsStream<TcpStream>) -> F + Clone + Send + 'static,
) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let key = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let private = rustls::pki_types::PrivateKeyDer::try_from(key.signing_key.serialize_der()).expect("a key");
    let config = rustls::ServerConfig::builder_with_provider(rustls::crypto::aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![key.cert.der().clone()], private)
        .expect("a certificate and its key");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    crate::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, serve) = (acceptor.clone(), serve.clone());
            crate::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream).await;
                }
            });
        }
    });
    key.cert.pem()
}
