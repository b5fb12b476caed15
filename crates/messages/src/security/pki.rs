//! A small public-key infrastructure: root, authorization authorities, authorization tickets.
//!
//! In go a name, permissions, a validity and 32 random bytes; out comes a certificate with its key. Certificates are read
//! from their bytes and judged by their chain. Tickets name nobody: who drives is not for the air.
//!
//! Sources: IEEE 1609.2-2022 clauses 5.3.1 (hash of what is signed), 6.4 (certificates); ETSI TS 103 097 V2.1.1 clause 7
//! (profiles of root, authority, ticket); application identifiers ETSI TS 102 965.

use crate::security::time::ItsTime;
use crate::security::wire::{
    self, CertificateBase, CertificateId, CertificateType, Duration as Validity, EccP256CurvePoint, EcdsaP256Signature,
    HashAlgorithm, IssuerIdentifier, Psid, PsidGroupPermissions, PsidSsp, PsidSspRange, PublicVerificationKey,
    ServiceSpecificPermissions, Signature, SspRange, SubjectPermissions, ToBeSignedCertificate, ValidityPeriod,
    VerificationKeyIndicator,
};
use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use p256::ecdsa::{Signature as EcdsaSignature, SigningKey, VerifyingKey};
use rasn::types::{FixedOctetString, Integer, OctetString};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Why a certificate cannot be made or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PkiError {
    /// The bytes are no certificate.
    #[error("not a certificate: {0}")]
    Malformed(String),
    /// A certificate of a kind that is not used here: implicit, another curve, another hash.
    #[error("a certificate with {0}, which is not supported: explicit certificates with ECDSA on NIST P-256 are")]
    Unsupported(&'static str),
    /// The bytes are no private key.
    #[error("not a private key of NIST P-256: 32 bytes below the order of the curve")]
    Key,
    /// The key is not the certificate's.
    #[error("the private key does not belong to the certificate")]
    OtherKey,
}

/// Cooperative awareness.
pub const PSID_CAM: u64 = 36;
/// Notifications.
pub const PSID_DENM: u64 = 37;
/// Signal phases.
pub const PSID_SPATEM: u64 = 137;
/// Lanes of junctions.
pub const PSID_MAPEM: u64 = 138;
/// Signs.
pub const PSID_IVIM: u64 = 139;
/// Requests to signals.
pub const PSID_SREM: u64 = 140;
/// GeoNetworking management: beacons.
pub const PSID_GEONETWORKING: u64 = 141;
/// Revocation lists.
const PSID_CRL: u64 = 622;
/// Trust lists.
const PSID_CTL: u64 = 624;
/// Vulnerable road users.
pub const PSID_VAM: u64 = 638;
/// Collective perception.
pub const PSID_CPM: u64 = 639;

/// What the air of a vehicle or a roadside unit needs.
pub const PSIDS: [u64; 9] = [
    PSID_CAM,
    PSID_DENM,
    PSID_SPATEM,
    PSID_MAPEM,
    PSID_IVIM,
    PSID_SREM,
    PSID_GEONETWORKING,
    PSID_VAM,
    PSID_CPM,
];

/// The last eight bytes of a certificate's hash: its name.
pub type CertificateDigest = [u8; 8];

/// A certificate that can be read, with its bytes and its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    wire: CertificateBase,
    bytes: Vec<u8>,
    digest: CertificateDigest,
    key: VerifyingKey,
}

/// A certificate and the private key to sign with.
#[derive(Clone)]
pub struct Credential {
    certificate: Certificate,
    key: SigningKey,
}

impl std::fmt::Debug for Credential {
    // The key stays out of logs.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Credential")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// From when and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Whole seconds count.
    pub start: ItsTime,
    /// Rounded up to what a certificate can say: seconds to 18 hours, hours to 7 years, then years.
    pub duration: Duration,
}

impl Period {
    fn to_wire(self) -> ValidityPeriod {
        let seconds = self.duration.as_secs();
        let rounded = |unit: u64| u16::try_from(seconds.div_ceil(unit));
        let duration = match (rounded(1), rounded(3_600), rounded(YEAR_S)) {
            (Ok(seconds), _, _) => Validity::Seconds(seconds),
            (_, Ok(hours), _) => Validity::Hours(hours),
            (_, _, years) => Validity::Years(years.unwrap_or(u16::MAX)),
        };
        ValidityPeriod {
            start: self.start.as_secs(),
            duration,
        }
    }
}

/// IEEE 1609.2 counts a year as 31 556 952 seconds.
const YEAR_S: u64 = 31_556_952;

impl Certificate {
    /// Reads a certificate from its bytes (COER).
    pub fn read(bytes: &[u8]) -> Result<Certificate, PkiError> {
        let wire: CertificateBase =
            rasn::coer::decode(bytes).map_err(|error| PkiError::Malformed(first_line(&error)))?;
        Certificate::of(wire)
    }

    pub(super) fn of(wire: CertificateBase) -> Result<Certificate, PkiError> {
        if wire.kind != CertificateType::Explicit || wire.signature.is_none() {
            return Err(PkiError::Unsupported("an implicit key"));
        }
        let VerificationKeyIndicator::VerificationKey(PublicVerificationKey::EcdsaNistP256(point)) =
            &wire.to_be_signed.verify_key_indicator
        else {
            return Err(PkiError::Unsupported("a key of another curve"));
        };
        let key = key_at(point)?;
        let bytes = rasn::coer::encode(&wire).map_err(|error| PkiError::Malformed(first_line(&error)))?;
        let digest = digest_of(&bytes);
        Ok(Certificate {
            wire,
            bytes,
            digest,
            key,
        })
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its name.
    pub fn digest(&self) -> CertificateDigest {
        self.digest
    }

    /// The name of whoever signed it; `None` if it signed itself.
    pub fn issuer(&self) -> Option<CertificateDigest> {
        match &self.wire.issuer {
            IssuerIdentifier::Sha256AndDigest(digest) => <[u8; 8]>::try_from(&digest[..]).ok(),
            _ => None,
        }
    }

    /// The name it bears; tickets bear none.
    pub fn subject(&self) -> Option<&str> {
        match &self.wire.to_be_signed.id {
            CertificateId::Name(name) => Some(name),
            _ => None,
        }
    }

    /// From the first moment to the last.
    pub fn validity(&self) -> (ItsTime, ItsTime) {
        let period = &self.wire.to_be_signed.validity_period;
        let start = ItsTime(u64::from(period.start) * 1_000_000);
        let duration = match period.duration {
            Validity::Microseconds(count) => Duration::from_micros(count.into()),
            Validity::Milliseconds(count) => Duration::from_millis(count.into()),
            Validity::Seconds(count) => Duration::from_secs(count.into()),
            Validity::Minutes(count) => Duration::from_secs(60 * u64::from(count)),
            Validity::Hours(count) => Duration::from_secs(3_600 * u64::from(count)),
            Validity::SixtyHours(count) => Duration::from_secs(216_000 * u64::from(count)),
            Validity::Years(count) => Duration::from_secs(YEAR_S * u64::from(count)),
        };
        (start, start.after(duration))
    }

    /// Whether it may sign messages of this application.
    pub fn permits(&self, psid: u64) -> bool {
        let psid = Integer::from(psid);
        let permissions = self.wire.to_be_signed.app_permissions.as_ref();
        permissions.is_some_and(|permissions| permissions.iter().any(|each| each.psid.0 == psid))
    }

    /// Whether it may certify others for this application.
    pub fn may_issue(&self, psid: u64) -> bool {
        let psid = Integer::from(psid);
        let covers = |group: &PsidGroupPermissions| match &group.subject_permissions {
            SubjectPermissions::All(()) => true,
            SubjectPermissions::Explicit(ranges) => ranges.iter().any(|range| range.psid.0 == psid),
        };
        let permissions = self.wire.to_be_signed.cert_issue_permissions.as_ref();
        permissions.is_some_and(|groups| groups.iter().any(covers))
    }

    /// Whether it is made for certifying others.
    pub fn is_authority(&self) -> bool {
        self.wire.to_be_signed.cert_issue_permissions.is_some()
    }

    /// Whether everything it permits its bearer was its issuer's to give.
    pub fn is_within(&self, issuer: &Certificate) -> bool {
        let to_be_signed = &self.wire.to_be_signed;
        let applications = to_be_signed
            .app_permissions
            .iter()
            .flat_map(|permissions| permissions.iter());
        let groups = to_be_signed
            .cert_issue_permissions
            .iter()
            .flat_map(|groups| groups.iter());
        let number = |psid: &Psid| u64::try_from(&psid.0).ok();
        let gives = |psid: &Psid| number(psid).is_some_and(|psid| issuer.may_issue(psid));
        let group_is_given = |group: &PsidGroupPermissions| match &group.subject_permissions {
            SubjectPermissions::All(()) => issuer.gives_all(),
            SubjectPermissions::Explicit(ranges) => ranges.iter().all(|range| gives(&range.psid)),
        };
        let (start, end) = self.validity();
        let (issuer_start, issuer_end) = issuer.validity();
        start >= issuer_start
            && end <= issuer_end
            && applications.map(|each| &each.psid).all(gives)
            && groups.into_iter().all(group_is_given)
    }

    fn gives_all(&self) -> bool {
        let groups = self
            .wire
            .to_be_signed
            .cert_issue_permissions
            .iter()
            .flat_map(|groups| groups.iter());
        groups
            .into_iter()
            .any(|group| matches!(group.subject_permissions, SubjectPermissions::All(())))
    }

    /// Whether the signature on it is its issuer's (`None`: its own).
    pub fn is_signed_by(&self, issuer: Option<&Certificate>) -> bool {
        let Ok(to_be_signed) = rasn::coer::encode(&self.wire.to_be_signed) else {
            return false;
        };
        let (key, signer) = issuer.map_or((&self.key, &[][..]), |issuer| (&issuer.key, issuer.bytes()));
        let names_it = match issuer {
            Some(issuer) => self.issuer() == Some(issuer.digest),
            None => matches!(self.wire.issuer, IssuerIdentifier::ItSelf(HashAlgorithm::Sha256)),
        };
        let signature = self.wire.signature.as_ref();
        names_it && signature.is_some_and(|signature| verify(key, &to_be_signed, signer, signature))
    }

    /// Whether this signature on these bytes is its bearer's.
    pub(super) fn verifies(&self, to_be_signed: &[u8], signature: &Signature) -> bool {
        verify(&self.key, to_be_signed, &self.bytes, signature)
    }

    pub(super) fn wire(&self) -> &CertificateBase {
        &self.wire
    }
}

impl Credential {
    /// A root: it certifies itself, and others for anything.
    pub fn root(name: &str, period: Period, secret: &[u8; 32]) -> Result<Credential, PkiError> {
        let groups = [(SubjectPermissions::All(()), 2)];
        let draft = Draft {
            name: Some(name),
            period,
            applications: &[PSID_CRL, PSID_CTL],
            groups: &groups,
        };
        draft.certify(None, secret)
    }

    /// An authorization authority: it certifies tickets for the messages of vehicles and roadside.
    pub fn authority(&self, name: &str, period: Period, secret: &[u8; 32]) -> Result<Credential, PkiError> {
        let range = |psid: &u64| PsidSspRange {
            psid: Psid(Integer::from(*psid)),
            ssp_range: Some(SspRange::All(())),
        };
        let ranges = PSIDS.iter().map(range).collect();
        let groups = [(SubjectPermissions::Explicit(ranges), 1)];
        let draft = Draft {
            name: Some(name),
            period,
            applications: &[],
            groups: &groups,
        };
        draft.certify(Some(self), secret)
    }

    /// A ticket: it signs messages of these applications.
    pub fn ticket(&self, psids: &[u64], period: Period, secret: &[u8; 32]) -> Result<Credential, PkiError> {
        let draft = Draft {
            name: None,
            period,
            applications: psids,
            groups: &[],
        };
        draft.certify(Some(self), secret)
    }

    /// From its parts, as they lie in files.
    pub fn read(certificate: &[u8], secret: &[u8]) -> Result<Credential, PkiError> {
        let certificate = Certificate::read(certificate)?;
        let key = SigningKey::from_slice(secret).map_err(|_| PkiError::Key)?;
        if *key.verifying_key() != certificate.key {
            return Err(PkiError::OtherKey);
        }
        Ok(Credential { certificate, key })
    }

    /// What may be shown.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// What may not.
    pub fn secret(&self) -> [u8; 32] {
        self.key.to_bytes().into()
    }

    /// Signs these bytes in its own name.
    pub(super) fn sign(&self, to_be_signed: &[u8]) -> Result<Signature, PkiError> {
        sign(&self.key, to_be_signed, self.certificate.bytes())
    }
}

/// A certificate before its signature.
struct Draft<'a> {
    name: Option<&'a str>,
    period: Period,
    applications: &'a [u64],
    /// What it may certify others for, and how many certificates below it.
    groups: &'a [(SubjectPermissions, i64)],
}

impl Draft<'_> {
    fn certify(&self, issuer: Option<&Credential>, secret: &[u8; 32]) -> Result<Credential, PkiError> {
        let key = SigningKey::from_slice(secret).map_err(|_| PkiError::Key)?;
        let permission = |psid: &u64| PsidSsp {
            psid: Psid(Integer::from(*psid)),
            // Version 1 of the application's own permissions, none of them set.
            ssp: Some(ServiceSpecificPermissions::BitmapSsp(OctetString::from(vec![1]))),
        };
        let some = |psids: &[u64]| (!psids.is_empty()).then(|| psids.iter().map(permission).collect());
        let group = |(permissions, depth): &(SubjectPermissions, i64)| PsidGroupPermissions {
            subject_permissions: permissions.clone(),
            min_chain_length: Integer::from(*depth),
            chain_length_range: wire::chain_length_range(),
            ee_type: wire::end_entity_app(),
        };
        let groups: Vec<PsidGroupPermissions> = self.groups.iter().map(group).collect();
        let point = PublicVerificationKey::EcdsaNistP256(point_of(key.verifying_key())?);
        let to_be_signed = ToBeSignedCertificate {
            id: self
                .name
                .map_or(CertificateId::None(()), |name| CertificateId::Name(name.to_owned())),
            craca_id: FixedOctetString::new([0; 3]),
            crl_series: 0,
            validity_period: self.period.to_wire(),
            region: None,
            assurance_level: None,
            app_permissions: some(self.applications),
            cert_issue_permissions: (!groups.is_empty()).then(|| groups.into()),
            cert_request_permissions: None,
            can_request_rollover: None,
            encryption_key: None,
            verify_key_indicator: VerificationKeyIndicator::VerificationKey(point),
        };
        let bytes = rasn::coer::encode(&to_be_signed).map_err(|error| PkiError::Malformed(first_line(&error)))?;
        let (signature, issuer) = match issuer {
            None => (
                sign(&key, &bytes, &[])?,
                IssuerIdentifier::ItSelf(HashAlgorithm::Sha256),
            ),
            Some(issuer) => {
                let digest = FixedOctetString::new(issuer.certificate.digest);
                (issuer.sign(&bytes)?, IssuerIdentifier::Sha256AndDigest(digest))
            }
        };
        let certificate = Certificate::of(CertificateBase {
            version: 3,
            kind: CertificateType::Explicit,
            issuer,
            to_be_signed,
            signature: Some(signature),
        })?;
        Ok(Credential { certificate, key })
    }
}

/// The digest that ECDSA signs: of the data's hash and the signer's, one after the other.
fn hash(to_be_signed: &[u8], signer: &[u8]) -> [u8; 32] {
    let both = [Sha256::digest(to_be_signed), Sha256::digest(signer)].concat();
    Sha256::digest(both).into()
}

fn sign(key: &SigningKey, to_be_signed: &[u8], signer: &[u8]) -> Result<Signature, PkiError> {
    let signature: EcdsaSignature = key
        .sign_prehash(&hash(to_be_signed, signer))
        .map_err(|_| PkiError::Key)?;
    let (r, s) = signature.split_bytes();
    Ok(Signature::EcdsaNistP256(EcdsaP256Signature {
        r_sig: EccP256CurvePoint::XOnly(FixedOctetString::new(r.into())),
        s_sig: FixedOctetString::new(s.into()),
    }))
}

fn verify(key: &VerifyingKey, to_be_signed: &[u8], signer: &[u8], signature: &Signature) -> bool {
    let Signature::EcdsaNistP256(signature) = signature else {
        return false;
    };
    let r = match &signature.r_sig {
        EccP256CurvePoint::XOnly(x) | EccP256CurvePoint::CompressedY0(x) | EccP256CurvePoint::CompressedY1(x) => x,
        EccP256CurvePoint::Uncompressed(point) => &point.x,
        EccP256CurvePoint::Fill(()) => return false,
    };
    let both = [&r[..], &signature.s_sig[..]].concat();
    let signature = EcdsaSignature::from_slice(&both);
    signature.is_ok_and(|signature| key.verify_prehash(&hash(to_be_signed, signer), &signature).is_ok())
}

/// A public key, compressed.
fn point_of(key: &VerifyingKey) -> Result<EccP256CurvePoint, PkiError> {
    let encoded = key.to_sec1_point(true);
    let x = |bytes: &[u8]| FixedOctetString::try_from(bytes).map_err(|_| PkiError::Key);
    match encoded.as_bytes() {
        [2, rest @ ..] => Ok(EccP256CurvePoint::CompressedY0(x(rest)?)),
        [3, rest @ ..] => Ok(EccP256CurvePoint::CompressedY1(x(rest)?)),
        _ => Err(PkiError::Key),
    }
}

fn key_at(point: &EccP256CurvePoint) -> Result<VerifyingKey, PkiError> {
    let bytes = match point {
        EccP256CurvePoint::CompressedY0(x) => [&[2], &x[..]].concat(),
        EccP256CurvePoint::CompressedY1(x) => [&[3], &x[..]].concat(),
        EccP256CurvePoint::Uncompressed(point) => [&[4], &point.x[..], &point.y[..]].concat(),
        EccP256CurvePoint::XOnly(_) | EccP256CurvePoint::Fill(()) => {
            return Err(PkiError::Unsupported("half a key"));
        }
    };
    VerifyingKey::from_sec1_bytes(&bytes).map_err(|_| PkiError::Malformed("the key is not on the curve".into()))
}

/// `HashedId8`: the last eight bytes of the hash.
fn digest_of(bytes: &[u8]) -> CertificateDigest {
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    let mut digest = [0; 8];
    digest.copy_from_slice(&hash[24..]);
    digest
}

pub(super) fn first_line(error: &impl std::fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().trim().to_owned()
}
