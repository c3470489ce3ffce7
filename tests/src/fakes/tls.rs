//! HTTPS on loopback, with certificates that nobody trusts by themselves.

use std::sync::Arc;

use axum::Router;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Serves under these names, and answers the certificate to trust, as PEM.
pub(super) fn serve(listener: TcpListener, names: Vec<String>, router: Router) -> String {
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
            let (acceptor, service) = (acceptor.clone(), TowerToHyperService::new(router.clone()));
            crate::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                // A client that goes away early is its own business.
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    key.cert.pem()
}
