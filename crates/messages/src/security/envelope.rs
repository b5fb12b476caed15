//! The envelope around a packet: signed data with its header, made and opened.
//!
//! In go a packet's bytes and a ticket; out come the bytes of an `EtsiTs103097Data-Signed`, or the other way. Opening reads
//! and checks form only; whether to believe what is inside is the gate's business.
//!
//! Sources: ETSI TS 103 097 V2.1.1 clauses 5.2 and 7.1 (profiles: a CAM names its signer by digest and once a second by
//! certificate; a DENM always by certificate, with its place), IEEE 1609.2-2022 clause 6.3.

use crate::security::pki::{self, Certificate, CertificateDigest, Credential, PkiError};
use crate::security::time::ItsTime;
use crate::security::wire::{
    HashAlgorithm, HeaderInfo, Ieee1609Dot2Content, Ieee1609Dot2Data, Psid, Signature, SignedData, SignedDataPayload,
    SignerIdentifier, ThreeDLocation, ToBeSignedData,
};
use rasn::types::{FixedOctetString, Integer, OctetString};
use sha2::{Digest, Sha256};

/// Why bytes are no envelope of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// They do not follow the definition.
    #[error("not an envelope: {0}")]
    Malformed(String),
    /// Of another kind than signed data.
    #[error("an envelope with {0}, which is not supported: data signed with a certificate is")]
    Unsupported(&'static str),
    /// Its signer's certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] PkiError),
}

/// How the envelope names its signer.
#[derive(Clone, Debug, PartialEq)]
pub enum Signer {
    /// By the name of a certificate that was sent before.
    Digest(CertificateDigest),
    /// By the certificate.
    Certificate(Box<Certificate>),
}

impl Signer {
    /// The name of the certificate.
    pub fn digest(&self) -> CertificateDigest {
        match self {
            Signer::Digest(digest) => *digest,
            Signer::Certificate(certificate) => certificate.digest(),
        }
    }
}

/// What shall be said about the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The application.
    pub psid: u64,
    /// When it was made.
    pub generation_time: ItsTime,
    /// Latitude and longitude in tenths of a microdegree, where the profile wants the place.
    pub generation_location: Option<(i32, i32)>,
}

/// An envelope that was opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// The application it is for.
    pub psid: u64,
    /// When it was made; every profile demands it.
    pub generation_time: ItsTime,
    /// Until when it counts, if it says so.
    pub expiry_time: Option<ItsTime>,
    /// Where it was made.
    pub generation_location: Option<(i32, i32)>,
    /// Who signed.
    pub signer: Signer,
    /// The packet above its basic header.
    pub payload: Vec<u8>,
    to_be_signed: Vec<u8>,
    signature: Signature,
}

/// The longest envelope that is opened.
const ENVELOPE_BYTES_MAX: usize = 4_096;

/// Puts a packet into an envelope; `with_certificate` shows the ticket, otherwise only its name.
pub fn seal(
    ticket: &Credential,
    payload: &[u8],
    header: &Header,
    with_certificate: bool,
) -> Result<Vec<u8>, EnvelopeError> {
    let data = Ieee1609Dot2Data {
        protocol_version: VERSION,
        content: Ieee1609Dot2Content::UnsecuredData(OctetString::from(payload.to_vec())),
    };
    let place = |(latitude, longitude): (i32, i32)| ThreeDLocation {
        latitude: latitude.clamp(-900_000_000, 900_000_001),
        longitude: longitude.clamp(-1_799_999_999, 1_800_000_001),
        elevation: ELEVATION_UNKNOWN,
    };
    let to_be_signed = ToBeSignedData {
        payload: SignedDataPayload {
            data: Some(data),
            ext_data_hash: None,
        },
        header_info: HeaderInfo {
            psid: Psid(Integer::from(header.psid)),
            generation_time: Some(header.generation_time.0),
            expiry_time: None,
            generation_location: header.generation_location.map(place),
            p2pcd_learning_request: None,
            missing_crl_identifier: None,
            encryption_key: None,
            inline_p2pcd_request: None,
            requested_certificate: None,
            pdu_functional_type: None,
        },
    };
    let malformed = |error: rasn::error::EncodeError| EnvelopeError::Malformed(pki::first_line(&error));
    let bytes = rasn::coer::encode(&to_be_signed).map_err(malformed)?;
    let certificate = ticket.certificate();
    let signer = if with_certificate {
        SignerIdentifier::Certificate(vec![certificate.wire().clone()].into())
    } else {
        SignerIdentifier::Digest(FixedOctetString::new(certificate.digest()))
    };
    let signed = SignedData {
        hash_id: HashAlgorithm::Sha256,
        tbs_data: to_be_signed,
        signer,
        signature: ticket.sign(&bytes)?,
    };
    let envelope = Ieee1609Dot2Data {
        protocol_version: VERSION,
        content: Ieee1609Dot2Content::SignedData(Box::new(signed)),
    };
    rasn::coer::encode(&envelope).map_err(malformed)
}

/// Of the structures.
const VERSION: u8 = 3;
/// Elevation in decimetres above −409.5 m; this is the first of those kept for the range, used where height is not known.
const ELEVATION_UNKNOWN: u16 = 0xf000;

impl Envelope {
    /// Opens an envelope: reads it and checks its form.
    pub fn open(bytes: &[u8]) -> Result<Envelope, EnvelopeError> {
        if bytes.len() > ENVELOPE_BYTES_MAX {
            return Err(EnvelopeError::Malformed(format!(
                "{} bytes, at most {ENVELOPE_BYTES_MAX} are opened",
                bytes.len()
            )));
        }
        let malformed = |error: rasn::error::DecodeError| EnvelopeError::Malformed(pki::first_line(&error));
        let data: Ieee1609Dot2Data = rasn::coer::decode(bytes).map_err(malformed)?;
        // A decoder passes over bits that mean nothing; the canonical rules (ITU-T X.696, clause 5) leave none to be changed.
        let canonical = rasn::coer::encode(&data).map_err(|error| EnvelopeError::Malformed(pki::first_line(&error)))?;
        if canonical != bytes {
            return Err(EnvelopeError::Malformed("it is not in canonical form".into()));
        }
        let signed = match data.content {
            Ieee1609Dot2Content::SignedData(signed) => *signed,
            Ieee1609Dot2Content::UnsecuredData(_) => return Err(EnvelopeError::Unsupported("unsigned data")),
        };
        if signed.hash_id != HashAlgorithm::Sha256 {
            return Err(EnvelopeError::Unsupported("another hash than SHA-256"));
        }
        let signer = match signed.signer {
            SignerIdentifier::Digest(digest) => {
                let digest = <[u8; 8]>::try_from(&digest[..]);
                Signer::Digest(digest.map_err(|_| EnvelopeError::Malformed("the digest is not of 8 bytes".into()))?)
            }
            SignerIdentifier::Certificate(certificates) => match &certificates[..] {
                [one] => Signer::Certificate(Box::new(Certificate::of(one.clone())?)),
                _ => return Err(EnvelopeError::Unsupported("other than one certificate")),
            },
            SignerIdentifier::SelfSigned(()) => return Err(EnvelopeError::Unsupported("no signer")),
        };
        let to_be_signed =
            rasn::coer::encode(&signed.tbs_data).map_err(|error| EnvelopeError::Malformed(pki::first_line(&error)))?;
        let header = signed.tbs_data.header_info;
        let payload = match signed.tbs_data.payload.data.map(|data| data.content) {
            Some(Ieee1609Dot2Content::UnsecuredData(payload)) => payload.to_vec(),
            _ => return Err(EnvelopeError::Unsupported("no payload")),
        };
        let psid = u64::try_from(&header.psid.0)
            .map_err(|_| EnvelopeError::Malformed("the application's number is beyond 64 bits".into()))?;
        let generation_time = header.generation_time.map(ItsTime);
        Ok(Envelope {
            psid,
            generation_time: generation_time.ok_or(EnvelopeError::Unsupported("no time of generation"))?,
            expiry_time: header.expiry_time.map(ItsTime),
            generation_location: header
                .generation_location
                .map(|place| (place.latitude, place.longitude)),
            signer,
            payload,
            to_be_signed,
            signature: signed.signature,
        })
    }

    /// Whether the signature is the certificate's bearer's.
    pub fn is_signed_by(&self, certificate: &Certificate) -> bool {
        certificate.verifies(&self.to_be_signed, &self.signature)
    }

    /// Of what was signed and by whom, not of the signature: that can be rewritten to another valid one (s to −s), and the
    /// signer named by digest or by certificate. Half a hash suffices: collisions would have to be found within seconds.
    pub(super) fn fingerprint(&self) -> [u8; 16] {
        let hash: [u8; 32] = Sha256::new()
            .chain_update(self.signer.digest())
            .chain_update(&self.to_be_signed)
            .finalize()
            .into();
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        half
    }
}
