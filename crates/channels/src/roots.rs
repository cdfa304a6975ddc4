//! Which certificates are trusted when connecting to others.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// Why certificates cannot be checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the root certificates cannot be used: {0}")]
pub struct RootsError(String);

/// TLS that trusts the machine's roots and those in `ca_pem`.
///
/// # Errors
/// `ca_pem` holds something else than certificates.
pub(crate) fn client(ca_pem: Option<&[u8]>) -> Result<ClientConfig, RootsError> {
    let failed = |error: String| RootsError(error);
    let mut roots = RootCertStore::empty();
    // A machine may lack some or all of its roots; those given below may still do.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in CertificateDer::pem_slice_iter(ca_pem.unwrap_or_default()) {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        let added = roots.add(certificate);
        added.map_err(|error| failed(error.to_string()))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
