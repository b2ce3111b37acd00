//! A certificate authority that lives as long as the server: its key is never written anywhere.

use std::sync::Arc;

use anyhow::Context;
use base64::{Engine, prelude::BASE64_STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PublicKeyData,
};
use ring::digest::{SHA256, digest};
use rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer};

/// What the server needs of it.
pub(super) struct Authority {
    pub(super) configuration: Arc<ServerConfig>,
    /// Base64 of the SHA-256 of the authority's public key info.
    pub(super) key_hash: String,
}

/// Makes an authority and a certificate for `host` signed by it.
pub(super) fn make(host: &str) -> anyhow::Result<Authority> {
    let issuer_key = KeyPair::generate().context("could not make the authority's key")?;
    let key_hash = BASE64_STANDARD.encode(digest(&SHA256, &issuer_key.subject_public_key_info()));
    let issuer = CertifiedIssuer::self_signed(issuer_parameters(), issuer_key)
        .context("could not make the authority")?;
    let key = KeyPair::generate().context("could not make the server's key")?;
    let mut parameters = CertificateParams::new([host.to_owned()])
        .with_context(|| format!("host name `{host}` does not fit into a certificate"))?;
    parameters.distinguished_name.push(DnType::CommonName, host);
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate =
        parameters.signed_by(&key, &issuer).context("could not sign the server's certificate")?;
    let chain = vec![certificate.der().clone(), issuer.der().clone()];
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let mut configuration =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .context("the protocol versions do not fit the provider")?
            .with_no_client_auth()
            .with_single_cert(chain, key.into())
            .context("the certificate does not fit its key")?;
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Authority { configuration: Arc::new(configuration), key_hash })
}

fn issuer_parameters() -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    parameters.distinguished_name.push(DnType::CommonName, "pwasync demo authority");
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_authority_has_a_key_of_its_own() {
        let (first, second) = (make("outbox.test").unwrap(), make("outbox.test").unwrap());
        assert_eq!(BASE64_STANDARD.decode(&first.key_hash).unwrap().len(), 32);
        assert_ne!(first.key_hash, second.key_hash);
    }

    #[test]
    fn a_host_that_is_no_name_is_an_error() {
        assert!(make("søppel\u{7f}").is_err());
    }
}
