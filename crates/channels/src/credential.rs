//! Whether a provider's secret has the form that it must have (`docs/spec/channels.md §1`). Only
//! the provider can tell more. No error quotes a secret.

use model::Credential;
use rustls::SignatureScheme;
use rustls::crypto::ring::{default_provider, sign};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use serde::Deserialize;

/// Longest secret, in bytes.
const BYTES_MAX: usize = 65_536;

/// Why a secret cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// It has no characters.
    #[error("must not be empty")]
    Empty,
    /// It is longer than any.
    #[error("is longer than {BYTES_MAX} bytes")]
    TooLong,
    /// It is not what Apple issues for signing tokens.
    #[error(
        "expected the content of a .p8 file: an EC key of curve P-256 as PKCS#8 in PEM, which \
         begins with -----BEGIN PRIVATE KEY-----"
    )]
    NotATokenKey,
    /// It is not a certificate.
    #[error("expected a certificate in PEM, which begins with -----BEGIN CERTIFICATE-----")]
    NotACertificate,
    /// It is not a private key.
    #[error(
        "expected a private key in PEM without a passphrase, which begins with -----BEGIN PRIVATE \
         KEY----- or -----BEGIN RSA PRIVATE KEY-----"
    )]
    NotAPrivateKey,
    /// The certificate is for another key.
    #[error("does not belong to the certificate")]
    OtherKey,
    /// It is not the key file of a service account.
    #[error("expected the JSON key file of a Firebase service account: {0}")]
    NotAServiceAccount(&'static str),
}

/// Checks the form of one secret.
///
/// # Errors
/// It cannot be what it should be.
pub fn check(credential: Credential, text: &str) -> Result<(), FormError> {
    if text.trim().is_empty() {
        return Err(FormError::Empty);
    }
    if text.len() > BYTES_MAX {
        return Err(FormError::TooLong);
    }
    match credential {
        Credential::TokenKey => token_key(text),
        Credential::Certificate => certificate(text).map(drop),
        Credential::PrivateKey => private_key(text).map(drop),
        Credential::ServiceJson => service_json(text),
        Credential::ApiKey
        | Credential::ClientId
        | Credential::ClientSecret
        | Credential::SecretKey => Ok(()),
    }
}

/// Checks that a certificate and a private key belong together.
///
/// # Errors
/// They do not, or one of them is none.
pub fn check_pair(certificate_pem: &str, key_pem: &str) -> Result<(), FormError> {
    let chain = certificate(certificate_pem)?;
    let key = private_key(key_pem)?;
    match CertifiedKey::from_der(chain, key, &default_provider()) {
        Ok(_) => Ok(()),
        Err(rustls::Error::InvalidCertificate(_)) => Err(FormError::NotACertificate),
        Err(_) => Err(FormError::OtherKey),
    }
}

fn token_key(text: &str) -> Result<(), FormError> {
    let key = match PrivateKeyDer::from_pem_slice(text.as_bytes()) {
        Ok(key @ PrivateKeyDer::Pkcs8(_)) => key,
        _ => return Err(FormError::NotATokenKey),
    };
    let key = sign::any_ecdsa_type(&key).map_err(|_| FormError::NotATokenKey)?;
    match key.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256]) {
        Some(_) => Ok(()),
        None => Err(FormError::NotATokenKey),
    }
}

fn certificate(text: &str) -> Result<Vec<CertificateDer<'static>>, FormError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    chain
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or(FormError::NotACertificate)
}

fn private_key(text: &str) -> Result<PrivateKeyDer<'static>, FormError> {
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes());
    let key = key.map_err(|_| FormError::NotAPrivateKey)?;
    match sign::any_supported_type(&key) {
        Ok(_) => Ok(key),
        Err(_) => Err(FormError::NotAPrivateKey),
    }
}

#[derive(Deserialize)]
struct ServiceAccount {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    project_id: String,
    #[serde(default)]
    client_email: String,
    #[serde(default)]
    private_key: String,
}

fn service_json(text: &str) -> Result<(), FormError> {
    let wrong = |what| Err(FormError::NotAServiceAccount(what));
    let Ok(account) = serde_json::from_str::<ServiceAccount>(text) else {
        return wrong("it is not a JSON object of texts");
    };
    if account.kind != "service_account" {
        return wrong("its type is not service_account");
    }
    if account.project_id.is_empty() {
        return wrong("it has no project_id");
    }
    if !account.client_email.contains('@') {
        return wrong("it has no client_email");
    }
    match private_key(&account.private_key) {
        Ok(_) => Ok(()),
        Err(_) => wrong("its private_key is not a private key in PEM"),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check_form(credential: Credential, text: &str, want: Option<FormError>) {
        assert_eq!(check(credential, text).err(), want);
    }

    fn key() -> KeyPair {
        KeyPair::generate().expect("a key")
    }

    #[test]
    fn token_keys_are_p256_keys() {
        let bad = Some(FormError::NotATokenKey);
        check_form(Credential::TokenKey, &key().serialize_pem(), None);
        for other in [&PKCS_ED25519, &PKCS_ECDSA_P384_SHA384] {
            let key = KeyPair::generate_for(other).expect("a key");
            check_form(Credential::TokenKey, &key.serialize_pem(), bad);
        }
        check_form(Credential::TokenKey, "secret", bad);
        let cut = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
        check_form(Credential::TokenKey, cut, bad);
        check_form(Credential::TokenKey, " ", Some(FormError::Empty));
        check_form(
            Credential::ApiKey,
            &"a".repeat(BYTES_MAX + 1),
            Some(FormError::TooLong),
        );
    }

    #[test]
    fn certificates_belong_to_their_keys() {
        let (own, other) = (key(), key());
        let params = CertificateParams::new(["push.example".to_owned()]).expect("a name");
        let certificate = params.self_signed(&own).expect("a certificate").pem();
        check_form(Credential::Certificate, &certificate, None);
        check_form(Credential::PrivateKey, &own.serialize_pem(), None);
        assert_eq!(check_pair(&certificate, &own.serialize_pem()).err(), None);
        assert_eq!(
            check_pair(&certificate, &other.serialize_pem()).err(),
            Some(FormError::OtherKey)
        );
        let no_certificate = Some(FormError::NotACertificate);
        check_form(
            Credential::Certificate,
            &own.serialize_pem(),
            no_certificate,
        );
        let empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
        assert_eq!(
            check_pair(empty, &own.serialize_pem()).err(),
            no_certificate
        );
        check_form(
            Credential::PrivateKey,
            &certificate,
            Some(FormError::NotAPrivateKey),
        );
    }

    #[test]
    fn service_accounts_have_their_members() {
        let whole = json!({
            "type": "service_account", "project_id": "shop", "client_email": "push@shop.example",
            "private_key": key().serialize_pem(), "token_uri": "https://oauth2.example/token",
        });
        check_form(Credential::ServiceJson, &whole.to_string(), None);
        for member in ["type", "project_id", "client_email", "private_key"] {
            let mut part = whole.clone();
            part[member] = json!("");
            let got = check(Credential::ServiceJson, &part.to_string());
            assert!(
                matches!(&got, Err(FormError::NotAServiceAccount(what)) if what.contains(member)),
                "{member}: {got:?}"
            );
        }
        for text in ["{", "[]", "\"text\"", r#"{"type":1}"#] {
            assert!(check(Credential::ServiceJson, text).is_err(), "{text}");
        }
    }
}
