//! The structures of IEEE 1609.2 that the profiles of ETSI TS 103 097 use, as they are on the air.
//!
//! Types only, with the standard's names. Alternatives that the profiles exclude (encryption, implicit certificates in part,
//! contributed extensions) are left out: what holds them does not decode, and is refused.
//!
//! Written here rather than taken from the crate `rasn-its`, whose builders bring a family of macro crates that changes how
//! everything else in the workspace is compiled. Source: IEEE 1609.2-2022 clause 6.3, 6.4 and annex B.
#![allow(
    missing_docs,
    reason = "fields are named as in the standard, which says what they mean"
)]

use rasn::prelude::*;
use std::ops::Deref;

/// A list. The crate's own makes room for as many elements as a sender claims, terabytes if it likes; this one for as many as
/// there are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SequenceOf<T>(Vec<T>);

impl<T> From<Vec<T>> for SequenceOf<T> {
    fn from(list: Vec<T>) -> SequenceOf<T> {
        SequenceOf(list)
    }
}

impl<T> FromIterator<T> for SequenceOf<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> SequenceOf<T> {
        SequenceOf(items.into_iter().collect())
    }
}

impl<T> Deref for SequenceOf<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: AsnType> AsnType for SequenceOf<T> {
    const TAG: Tag = Tag::SEQUENCE;
    const IDENTIFIER: Identifier = Identifier::SEQUENCE_OF;
}

impl<T: Encode> Encode for SequenceOf<T> {
    fn encode_with_tag_and_constraints<'b, E: Encoder<'b>>(
        &self,
        encoder: &mut E,
        tag: Tag,
        constraints: Constraints,
        identifier: Identifier,
    ) -> Result<(), E::Error> {
        self.0
            .encode_with_tag_and_constraints(encoder, tag, constraints, identifier)
    }
}

impl<T: Decode> Decode for SequenceOf<T> {
    fn decode_with_tag_and_constraints<D: Decoder>(decoder: &mut D, _: Tag, _: Constraints) -> Result<Self, D::Error> {
        // The quantity is coded as an integer that is not negative (ITU-T X.696, clause 17).
        const FROM_ZERO: Constraints = rasn::macros::constraints!(rasn::macros::value_constraint!(start: 0));
        let quantity: u64 = decoder.decode_integer(Tag::INTEGER, FROM_ZERO)?;
        let mut list = Vec::new();
        for _ in 0..quantity {
            list.push(T::decode(decoder)?);
        }
        Ok(SequenceOf(list))
    }
}

pub type HashedId3 = FixedOctetString<3>;
pub type HashedId8 = FixedOctetString<8>;

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct Ieee1609Dot2Data {
    #[rasn(value("3"), identifier = "protocolVersion")]
    pub protocol_version: u8,
    pub content: Ieee1609Dot2Content,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum Ieee1609Dot2Content {
    UnsecuredData(OctetString),
    SignedData(Box<SignedData>),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct SignedData {
    #[rasn(identifier = "hashId")]
    pub hash_id: HashAlgorithm,
    #[rasn(identifier = "tbsData")]
    pub tbs_data: ToBeSignedData,
    pub signer: SignerIdentifier,
    pub signature: Signature,
}

#[derive(AsnType, Debug, Clone, Copy, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(enumerated)]
#[non_exhaustive]
pub enum HashAlgorithm {
    Sha256 = 0,
    #[rasn(extension_addition)]
    Sha384 = 1,
    #[rasn(extension_addition)]
    Sm3 = 2,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct ToBeSignedData {
    pub payload: SignedDataPayload,
    #[rasn(identifier = "headerInfo")]
    pub header_info: HeaderInfo,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct SignedDataPayload {
    pub data: Option<Ieee1609Dot2Data>,
    #[rasn(identifier = "extDataHash")]
    pub ext_data_hash: Option<HashedData>,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum HashedData {
    Sha256HashedData(FixedOctetString<32>),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct HeaderInfo {
    pub psid: Psid,
    #[rasn(identifier = "generationTime")]
    pub generation_time: Option<u64>,
    #[rasn(identifier = "expiryTime")]
    pub expiry_time: Option<u64>,
    #[rasn(identifier = "generationLocation")]
    pub generation_location: Option<ThreeDLocation>,
    #[rasn(identifier = "p2pcdLearningRequest")]
    pub p2pcd_learning_request: Option<HashedId3>,
    #[rasn(identifier = "missingCrlIdentifier")]
    pub missing_crl_identifier: Option<MissingCrlIdentifier>,
    #[rasn(identifier = "encryptionKey")]
    pub encryption_key: Option<EncryptionKey>,
    #[rasn(extension_addition, identifier = "inlineP2pcdRequest")]
    pub inline_p2pcd_request: Option<SequenceOf<HashedId3>>,
    #[rasn(extension_addition, identifier = "requestedCertificate")]
    pub requested_certificate: Option<CertificateBase>,
    #[rasn(extension_addition, identifier = "pduFunctionalType")]
    pub pdu_functional_type: Option<u8>,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct MissingCrlIdentifier {
    #[rasn(identifier = "cracaId")]
    pub craca_id: HashedId3,
    #[rasn(identifier = "crlSeries")]
    pub crl_series: u16,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct ThreeDLocation {
    #[rasn(value("-900000000..=900000001"))]
    pub latitude: i32,
    #[rasn(value("-1799999999..=1800000001"))]
    pub longitude: i32,
    pub elevation: u16,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(delegate, value("0.."))]
pub struct Psid(pub Integer);

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum SignerIdentifier {
    Digest(HashedId8),
    Certificate(SequenceOf<CertificateBase>),
    #[rasn(identifier = "self")]
    SelfSigned(()),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct CertificateBase {
    #[rasn(value("3"))]
    pub version: u8,
    #[rasn(identifier = "type")]
    pub kind: CertificateType,
    pub issuer: IssuerIdentifier,
    #[rasn(identifier = "toBeSigned")]
    pub to_be_signed: ToBeSignedCertificate,
    pub signature: Option<Signature>,
}

#[derive(AsnType, Debug, Clone, Copy, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(enumerated)]
#[non_exhaustive]
pub enum CertificateType {
    Explicit = 0,
    Implicit = 1,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum IssuerIdentifier {
    Sha256AndDigest(HashedId8),
    #[rasn(identifier = "self")]
    ItSelf(HashAlgorithm),
    #[rasn(extension_addition)]
    Sha384AndDigest(HashedId8),
    #[rasn(extension_addition)]
    Sm3AndDigest(HashedId8),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct ToBeSignedCertificate {
    pub id: CertificateId,
    #[rasn(identifier = "cracaId")]
    pub craca_id: HashedId3,
    #[rasn(identifier = "crlSeries")]
    pub crl_series: u16,
    #[rasn(identifier = "validityPeriod")]
    pub validity_period: ValidityPeriod,
    pub region: Option<GeographicRegion>,
    #[rasn(identifier = "assuranceLevel")]
    pub assurance_level: Option<FixedOctetString<1>>,
    #[rasn(identifier = "appPermissions")]
    pub app_permissions: Option<SequenceOf<PsidSsp>>,
    #[rasn(identifier = "certIssuePermissions")]
    pub cert_issue_permissions: Option<SequenceOf<PsidGroupPermissions>>,
    #[rasn(identifier = "certRequestPermissions")]
    pub cert_request_permissions: Option<SequenceOf<PsidGroupPermissions>>,
    #[rasn(identifier = "canRequestRollover")]
    pub can_request_rollover: Option<()>,
    #[rasn(identifier = "encryptionKey")]
    pub encryption_key: Option<PublicEncryptionKey>,
    #[rasn(identifier = "verifyKeyIndicator")]
    pub verify_key_indicator: VerificationKeyIndicator,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum CertificateId {
    LinkageData(LinkageData),
    #[rasn(size("0..=255"))]
    Name(Utf8String),
    #[rasn(size("1..=64"))]
    BinaryId(OctetString),
    None(()),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct LinkageData {
    #[rasn(identifier = "iCert")]
    pub i_cert: u16,
    #[rasn(identifier = "linkage-value")]
    pub linkage_value: FixedOctetString<9>,
    #[rasn(identifier = "group-linkage-value")]
    pub group_linkage_value: Option<GroupLinkageValue>,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct GroupLinkageValue {
    #[rasn(identifier = "jValue")]
    pub j_value: FixedOctetString<4>,
    pub value: FixedOctetString<9>,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct ValidityPeriod {
    pub start: u32,
    pub duration: Duration,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
pub enum Duration {
    Microseconds(u16),
    Milliseconds(u16),
    Seconds(u16),
    Minutes(u16),
    Hours(u16),
    SixtyHours(u16),
    Years(u16),
}

#[allow(clippy::enum_variant_names, reason = "the names of IEEE 1609.2")]
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum GeographicRegion {
    CircularRegion(CircularRegion),
    RectangularRegion(SequenceOf<RectangularRegion>),
    #[rasn(size("3.."))]
    PolygonalRegion(SequenceOf<TwoDLocation>),
    IdentifiedRegion(SequenceOf<IdentifiedRegion>),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct CircularRegion {
    pub center: TwoDLocation,
    pub radius: u16,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct RectangularRegion {
    #[rasn(identifier = "northWest")]
    pub north_west: TwoDLocation,
    #[rasn(identifier = "southEast")]
    pub south_east: TwoDLocation,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct TwoDLocation {
    #[rasn(value("-900000000..=900000001"))]
    pub latitude: i32,
    #[rasn(value("-1799999999..=1800000001"))]
    pub longitude: i32,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum IdentifiedRegion {
    CountryOnly(u16),
    CountryAndRegions(CountryAndRegions),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct CountryAndRegions {
    #[rasn(identifier = "countryOnly")]
    pub country_only: u16,
    pub regions: SequenceOf<u8>,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct PsidSsp {
    pub psid: Psid,
    pub ssp: Option<ServiceSpecificPermissions>,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum ServiceSpecificPermissions {
    Opaque(OctetString),
    #[rasn(extension_addition, size("0..=31"))]
    BitmapSsp(OctetString),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct PsidGroupPermissions {
    #[rasn(identifier = "subjectPermissions")]
    pub subject_permissions: SubjectPermissions,
    #[rasn(default = "chain_length_min", identifier = "minChainLength")]
    pub min_chain_length: Integer,
    #[rasn(default = "chain_length_range", identifier = "chainLengthRange")]
    pub chain_length_range: Integer,
    #[rasn(default = "end_entity_app", identifier = "eeType")]
    pub ee_type: FixedBitString<8>,
}

pub fn chain_length_min() -> Integer {
    Integer::from(1)
}

pub fn chain_length_range() -> Integer {
    Integer::from(0)
}

/// Bit 0: applications.
pub fn end_entity_app() -> FixedBitString<8> {
    let mut bits = FixedBitString::default();
    bits.set(0, true);
    bits
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum SubjectPermissions {
    Explicit(SequenceOf<PsidSspRange>),
    All(()),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct PsidSspRange {
    pub psid: Psid,
    #[rasn(identifier = "sspRange")]
    pub ssp_range: Option<SspRange>,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum SspRange {
    Opaque(SequenceOf<OctetString>),
    All(()),
    #[rasn(extension_addition)]
    BitmapSspRange(BitmapSspRange),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct BitmapSspRange {
    #[rasn(size("1..=32"), identifier = "sspValue")]
    pub ssp_value: OctetString,
    #[rasn(size("1..=32"), identifier = "sspBitmask")]
    pub ssp_bitmask: OctetString,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
pub enum EncryptionKey {
    Public(PublicEncryptionKey),
    Symmetric(SymmetricEncryptionKey),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum SymmetricEncryptionKey {
    Aes128Ccm(FixedOctetString<16>),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct PublicEncryptionKey {
    #[rasn(identifier = "supportedSymmAlg")]
    pub supported_symm_alg: SymmAlgorithm,
    #[rasn(identifier = "publicKey")]
    pub public_key: BasePublicEncryptionKey,
}

#[derive(AsnType, Debug, Clone, Copy, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(enumerated)]
#[non_exhaustive]
pub enum SymmAlgorithm {
    Aes128Ccm = 0,
    #[rasn(extension_addition)]
    Sm4Ccm = 1,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum BasePublicEncryptionKey {
    EciesNistP256(EccP256CurvePoint),
    EciesBrainpoolP256r1(EccP256CurvePoint),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum VerificationKeyIndicator {
    VerificationKey(PublicVerificationKey),
    ReconstructionValue(EccP256CurvePoint),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum PublicVerificationKey {
    EcdsaNistP256(EccP256CurvePoint),
    EcdsaBrainpoolP256r1(EccP256CurvePoint),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
pub enum EccP256CurvePoint {
    #[rasn(identifier = "x-only")]
    XOnly(FixedOctetString<32>),
    Fill(()),
    #[rasn(identifier = "compressed-y-0")]
    CompressedY0(FixedOctetString<32>),
    #[rasn(identifier = "compressed-y-1")]
    CompressedY1(FixedOctetString<32>),
    #[rasn(identifier = "uncompressedP256")]
    Uncompressed(UncompressedP256),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct UncompressedP256 {
    pub x: FixedOctetString<32>,
    pub y: FixedOctetString<32>,
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum Signature {
    EcdsaNistP256(EcdsaP256Signature),
    EcdsaBrainpoolP256r1(EcdsaP256Signature),
}

#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct EcdsaP256Signature {
    #[rasn(identifier = "rSig")]
    pub r_sig: EccP256CurvePoint,
    #[rasn(identifier = "sSig")]
    pub s_sig: FixedOctetString<32>,
}
