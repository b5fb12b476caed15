//! How bytes come in: connections, TLS, and their limits.
//!
//! A listener and routes go in; each connection is served until it ends. Who opens connections and says nothing is sent
//! away after a while, and there are only so many. TLS is `rustls` with the user's certificate and key, read again when
//! the files change, so that a renewed certificate needs no restart. It does not know who anybody is.

use crate::gate::Peer;
use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

/// Connections at once; more wait at the operating system.
const CONNECTIONS_MAX: usize = 2_000;
/// A handshake, and the head of a request, take no longer.
const HANDSHAKE: Duration = Duration::from_secs(10);
const HEAD: Duration = Duration::from_secs(30);
/// The certificate's files are looked at again this often.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// What is wrong with a certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read as PEM.
    #[error("{path}: {what}\nhint: {hint}")]
    File {
        /// The file.
        path: String,
        /// What is wrong.
        what: String,
        /// The mend.
        hint: &'static str,
    },
    /// They do not belong together, or `rustls` cannot use them.
    #[error(
        "{certificate} and {key}: {error}\nhint: the key has to be the one that the first certificate of the file was made for"
    )]
    Pair {
        /// The file with certificates.
        certificate: String,
        /// The file with the key.
        key: String,
        /// What `rustls` says.
        error: rustls::Error,
    },
}

/// A certificate and its key, in files.
#[derive(Debug)]
pub struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    configuration: Arc<ServerConfig>,
    changed: [Option<SystemTime>; 2],
    looked: Instant,
}

impl Certificate {
    /// Reads a chain of certificates (the server's own first) and its key, both PEM.
    ///
    /// # Errors
    /// If a file cannot be read, or they do not belong together.
    pub fn open(certificate: &Path, key: &Path) -> Result<Certificate, CertificateError> {
        Ok(Certificate {
            kept: Mutex::new(Kept {
                changed: [modified(certificate), modified(key)],
                configuration: configuration(certificate, key)?,
                looked: Instant::now(),
            }),
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        })
    }

    fn configuration(&self) -> Arc<ServerConfig> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.looked.elapsed() >= LOOK_EVERY {
            kept.looked = Instant::now();
            let changed = [modified(&self.certificate), modified(&self.key)];
            if changed != kept.changed {
                match configuration(&self.certificate, &self.key) {
                    Ok(configuration) => (kept.configuration, kept.changed) = (configuration, changed),
                    // Perhaps one file of two is written yet: it is tried again.
                    Err(error) => eprintln!("the certificate stays as it was: {error}"),
                }
            }
        }
        kept.configuration.clone()
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

fn configuration(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, CertificateError> {
    let file = |path: &Path, error: rustls::pki_types::pem::Error, hint| CertificateError::File {
        path: path.display().to_string(),
        what: error.to_string(),
        hint,
    };
    let wanted = "--certificate names a PEM file with the server's certificate, then those that vouch for it";
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| file(certificate, error, wanted))?;
    if chain.is_empty() {
        return Err(CertificateError::File {
            path: certificate.display().to_string(),
            what: "there is no certificate in it".to_owned(),
            hint: wanted,
        });
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| {
        file(
            key,
            error,
            "--key names a PEM file with the certificate's key, not enciphered",
        )
    })?;
    let pair = |error| CertificateError::Pair {
        certificate: certificate.display().to_string(),
        key: key.display().to_string(),
        error,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut configuration = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(pair)?;
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(configuration))
}

/// Serves connections for as long as it is not dropped.
pub(crate) async fn serve(listener: TcpListener, certificate: Option<Certificate>, routes: Router) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = room.clone().acquire_owned().await else {
            return;
        };
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(_) => {
                // A client that went at once, or no more files may be open: the next may do better.
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        // Frames are small and wanted now.
        let _ = stream.set_nodelay(true);
        let tls = certificate.as_ref().map(Certificate::configuration);
        let routes = routes.clone();
        tokio::spawn(async move {
            let _place = place;
            greet(stream, tls, peer, routes).await;
        });
    }
}

async fn greet(stream: TcpStream, tls: Option<Arc<ServerConfig>>, peer: SocketAddr, routes: Router) {
    match tls {
        None => talk(stream, peer, routes).await,
        Some(configuration) => {
            let handshake = TlsAcceptor::from(configuration).accept(stream);
            if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, handshake).await {
                talk(stream, peer, routes).await;
            }
        }
    }
}

async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, peer: SocketAddr, routes: Router) {
    let routes = TowerToHyperService::new(routes);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        routes.call(request)
    });
    // How it ended is the client's affair.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
}
