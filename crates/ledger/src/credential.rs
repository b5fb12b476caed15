//! W3C Verifiable Credentials 2.0: is a document one, and is its proof its issuer's?
//!
//! In goes JSON; out comes everything that is against the Verifiable Credentials Data Model 2.0 (Recommendation of May 2025),
//! with the clause, or a document with a proof by `eddsa-jcs-2022` or `ecdsa-jcs-2019` (Data Integrity 1.0). Types are looked up
//! in the document's contexts as far as they are known here; a context that lies elsewhere is given the benefit of the doubt. It
//! fetches nothing.

use crate::LedgerError;
use crate::crypto::{PublicKey, Scheme, SecretKey, Signature};
use crate::jcs;
use serde_json::{Map, Value, json};
use sha2::Digest as _;
use std::collections::BTreeSet;

/// A credential is a few kilobytes.
pub const CREDENTIAL_BYTES_MAX: usize = 1 << 20;
/// The context that every credential begins with (4.3).
pub const BASE_CONTEXT: &str = "https://www.w3.org/ns/credentials/v2";
/// The examples' context, in which every word has a meaning.
const EXAMPLES_CONTEXT: &str = "https://www.w3.org/ns/credentials/examples/v2";

/// Types that the base context defines (B.1).
const BASE_TYPES: [&str; 10] = [
    "VerifiableCredential",
    "VerifiablePresentation",
    "EnvelopedVerifiableCredential",
    "EnvelopedVerifiablePresentation",
    "JsonSchema",
    "JsonSchemaCredential",
    "BitstringStatusList",
    "BitstringStatusListCredential",
    "BitstringStatusListEntry",
    "DataIntegrityProof",
];

/// Words of the base context that no other may give another meaning (`@protected`).
const PROTECTED: [&str; 7] = [
    "id",
    "type",
    "name",
    "description",
    "digestSRI",
    "digestMultibase",
    "mediaType",
];

/// Properties whose values are objects with a type, and whether they need an id (4.10 to 4.14, 5).
const TYPED: [(&str, bool); 7] = [
    ("credentialStatus", false),
    ("credentialSchema", true),
    ("refreshService", false),
    ("termsOfUse", false),
    ("evidence", false),
    ("proof", false),
    ("renderMethod", false),
];

/// Everything that is against the data model; nothing, if the document is a credential or a presentation. The issuer may be
/// left out of a credential that has no proof yet: it is who will sign.
pub fn faults(document: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let Some(object) = document.as_object() else {
        return vec!["the document is not an object".to_owned()];
    };
    let types = strings(object.get("type"));
    if types.contains(&"EnvelopedVerifiableCredential") || types.contains(&"EnvelopedVerifiablePresentation") {
        enveloped(object, &mut faults);
    } else if types.contains(&"VerifiablePresentation") {
        presentation(object, &mut faults);
    } else {
        credential(object, &mut faults);
    }
    faults.0
}

/// Faults as they are found: element path, what is wrong.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn add(&mut self, place: &str, what: impl std::fmt::Display) {
        self.0.push(format!("`{place}`: {what}"));
    }
}

/// What a document's contexts tell of types.
struct Vocabulary {
    known: BTreeSet<String>,
    /// A context is not known here, or gives every word a meaning.
    knows_all: bool,
}

fn credential(object: &Map<String, Value>, faults: &mut Faults) {
    let vocabulary = context(object, faults);
    types(object, "VerifiableCredential", &vocabulary, faults);
    single_url(object, "id", false, faults);
    match object.get("issuer") {
        None => {}
        Some(Value::Object(issuer)) => {
            // An issuer described before it is known who signs may lack its id.
            single_url(issuer, "id", false, faults);
            language(issuer, "issuer", faults);
        }
        Some(issuer) => url(Some(issuer), "issuer", faults),
    }
    language(object, "", faults);
    validity(object, faults);
    let subjects = many(object.get("credentialSubject"));
    if subjects.is_empty() {
        faults.add("credentialSubject", "is missing (4.8)");
    }
    for subject in subjects {
        match subject.as_object() {
            Some(subject) if !subject.is_empty() => {
                single_url(subject, "id", false, faults);
                language(subject, "credentialSubject", faults);
            }
            _ => faults.add("credentialSubject", "makes no claim (4.8)"),
        }
    }
    typed(object, &vocabulary, faults);
    related(object, faults);
}

fn presentation(object: &Map<String, Value>, faults: &mut Faults) {
    let vocabulary = context(object, faults);
    types(object, "VerifiablePresentation", &vocabulary, faults);
    single_url(object, "id", false, faults);
    match object.get("holder") {
        None => {}
        Some(Value::Object(holder)) => single_url(holder, "id", true, faults),
        Some(holder) => url(Some(holder), "holder", faults),
    }
    for inner in many(object.get("verifiableCredential")) {
        let Some(inner_object) = inner.as_object() else {
            faults.add("verifiableCredential", "is not an object (4.13)");
            continue;
        };
        if strings(inner.get("type")).contains(&"EnvelopedVerifiableCredential") {
            enveloped(inner_object, faults);
        } else {
            credential(inner_object, faults);
        }
    }
    typed(object, &vocabulary, faults);
}

/// 4.13.1, 4.13.2: a secured document as a whole in a `data:` URL.
fn enveloped(object: &Map<String, Value>, faults: &mut Faults) {
    context(object, faults);
    let id = object.get("id").and_then(Value::as_str);
    if !id.is_some_and(|id| id.starts_with("data:") && id.contains(',')) {
        faults.add("id", "is no `data:` URL of an enveloped document (4.13)");
    }
}

/// 4.3: an ordered set that begins with the base context; each further one a URL or an object.
fn context(object: &Map<String, Value>, faults: &mut Faults) -> Vocabulary {
    let mut vocabulary = Vocabulary {
        known: BASE_TYPES.iter().map(|name| (*name).to_owned()).collect(),
        knows_all: false,
    };
    let contexts = many(object.get("@context"));
    if contexts.first().and_then(|first| first.as_str()) != Some(BASE_CONTEXT) {
        faults.add("@context", format!("does not begin with `{BASE_CONTEXT}` (4.3)"));
    }
    for context in contexts {
        match context {
            Value::String(url) if is_url(url) => vocabulary.knows_all |= url != BASE_CONTEXT && !url.is_empty(),
            Value::String(text) => faults.add("@context", format!("`{text}` is no URL (4.3)")),
            Value::Object(terms) => inline(terms, &mut vocabulary, faults),
            _ => faults.add("@context", "holds what is neither a URL nor an object (4.3)"),
        }
    }
    if strings(object.get("@context")).contains(&EXAMPLES_CONTEXT) {
        vocabulary.knows_all = true;
    }
    vocabulary
}

/// A context written into the document.
fn inline(terms: &Map<String, Value>, vocabulary: &mut Vocabulary, faults: &mut Faults) {
    if terms.get("@vocab").and_then(Value::as_str).is_some_and(is_url) {
        vocabulary.knows_all = true;
    }
    for (term, meaning) in terms {
        let meaning = match meaning {
            Value::Object(definition) => definition.get("@id").unwrap_or(&Value::Null),
            other => other,
        };
        let is_protected = BASE_TYPES.contains(&term.as_str()) || PROTECTED.contains(&term.as_str());
        if is_protected {
            let own = format!("https://www.w3.org/2018/credentials#{term}");
            let is_same = meaning == &Value::String(own)
                || (term == "id" && meaning == "@id")
                || (term == "type" && meaning == "@type");
            if !is_same {
                faults.add("@context", format!("gives `{term}` another meaning (B.1)"));
            }
        }
        match meaning.as_str() {
            Some(text) if is_url(text) => {
                vocabulary.known.insert(term.clone());
            }
            _ if term.starts_with('@') => {}
            // What stands for something that is no URL stands for nothing: a type that uses it will be missed.
            _ => {}
        }
    }
}

/// 4.5: one or more, each a URL or a word that a context gives one; the document's own kind among them.
fn types(object: &Map<String, Value>, own: &str, vocabulary: &Vocabulary, faults: &mut Faults) {
    let types = many(object.get("type"));
    if !types.iter().any(|kind| *kind == own) {
        faults.add("type", format!("does not name `{own}` (4.5)"));
    }
    types
        .into_iter()
        .for_each(|kind| one_type(kind, "type", vocabulary, faults));
}

fn one_type(kind: &Value, place: &str, vocabulary: &Vocabulary, faults: &mut Faults) {
    match kind.as_str() {
        Some(name) if is_url(name) || vocabulary.known.contains(name) => {}
        Some(name) if vocabulary.knows_all && is_term(name) => {}
        Some(name) => faults.add(place, format!("no context gives `{name}` a meaning (4.5)")),
        None => faults.add(place, "is not a text (4.5)"),
    }
}

/// A single word could be anybody's term; a text with spaces or colons is a broken URL.
fn is_term(name: &str) -> bool {
    !name.is_empty() && !name.contains(|letter: char| letter.is_whitespace() || letter == ':')
}

/// 4.4: at most one, and a URL.
fn single_url(object: &Map<String, Value>, key: &str, is_needed: bool, faults: &mut Faults) {
    match object.get(key) {
        None if is_needed => faults.add(key, "is missing"),
        None => {}
        value => url(value, key, faults),
    }
}

fn url(value: Option<&Value>, place: &str, faults: &mut Faults) {
    match value.and_then(Value::as_str) {
        Some(text) if is_url(text) => {}
        Some(text) => faults.add(place, format!("`{text}` is no URL (4.4)")),
        None => faults.add(place, "is not one URL (4.4)"),
    }
}

/// A URL with a scheme, after RFC 3986: letters it may hold, nothing else.
fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let mut letters = scheme.chars();
    let is_scheme = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
    let is_body = !rest.is_empty()
        && !rest
            .chars()
            .any(|letter| letter.is_whitespace() || "<>\"{}|\\^`".contains(letter));
    let has_host = !matches!(scheme, "http" | "https")
        || rest
            .strip_prefix("//")
            .is_some_and(|host| host.starts_with(|letter: char| letter.is_alphanumeric() || letter == '['));
    is_scheme && is_body && has_host
}

/// 4.6, 11.1: name and description are texts, or language maps of `@value`, `@language`, `@direction` and nothing else.
fn language(object: &Map<String, Value>, place: &str, faults: &mut Faults) {
    for key in ["name", "description"] {
        let place = if place.is_empty() {
            key.to_owned()
        } else {
            format!("{place}.{key}")
        };
        for value in many(object.get(key)) {
            match value {
                Value::String(_) => {}
                Value::Object(text) => {
                    if !text.get("@value").is_some_and(Value::is_string) {
                        faults.add(&place, "has no text in `@value` (11.1)");
                    }
                    for (key, value) in text {
                        let is_fine = match key.as_str() {
                            "@value" => true,
                            "@language" => value.as_str().is_some_and(is_language_tag),
                            "@direction" => matches!(value.as_str(), Some("ltr" | "rtl")),
                            _ => false,
                        };
                        if !is_fine {
                            faults.add(
                                &place,
                                format!("`{key}` does not belong there, or has a wrong value (11.1)"),
                            );
                        }
                    }
                }
                _ => faults.add(&place, "is neither a text nor a language map (4.6)"),
            }
        }
    }
}

/// Well-formed after RFC 5646: subtags of up to eight letters or digits, the first of letters.
fn is_language_tag(tag: &str) -> bool {
    let mut subtags = tag.split('-');
    let is_subtag =
        |subtag: &str| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric());
    subtags
        .next()
        .is_some_and(|first| is_subtag(first) && first.bytes().all(|byte| byte.is_ascii_alphabetic()))
        && subtags.all(is_subtag)
}

/// 4.9: `xsd:dateTimeStamp`, and not ending before it begins.
fn validity(object: &Map<String, Value>, faults: &mut Faults) {
    let mut times = Vec::new();
    for key in ["validFrom", "validUntil"] {
        match object.get(key) {
            None => {}
            Some(Value::String(text)) => match date_time_stamp(text) {
                Some(time) => times.push((key, time)),
                // A template is filled in before it is signed.
                None if matches!(text.as_str(), "PAST DATE" | "FUTURE DATE") => {}
                None => faults.add(key, format!("`{text}` is no date and time with its zone (4.9)")),
            },
            Some(_) => faults.add(key, "is not one date and time (4.9)"),
        }
    }
    if let [(_, from), (_, until)] = times[..]
        && until < from
    {
        faults.add("validUntil", "is before `validFrom` (4.9)");
    }
}

/// A time of XML Schema 1.1 with its zone, in nanoseconds since 1970 UTC.
fn date_time_stamp(text: &str) -> Option<i128> {
    let bytes = text.as_bytes();
    let is_shaped = bytes.len() >= 20
        && bytes[10] == b'T'
        && bytes[4] == b'-'
        && bytes[13] == b':'
        && bytes[16] == b':'
        && (text.ends_with('Z') || bytes[bytes.len() - 3] == b':');
    // Leap seconds are not in XML Schema; 24:00 is, as the next day's midnight, and nobody writes it.
    let is_second = bytes.get(17..19).is_some_and(|second| second < b"60".as_slice());
    (is_shaped && is_second)
        .then(|| text.parse::<jiff::Timestamp>().ok())?
        .map(|time| time.as_nanosecond())
}

/// Status, schema, evidence and the like: objects with a type; a schema has an id too.
fn typed(object: &Map<String, Value>, vocabulary: &Vocabulary, faults: &mut Faults) {
    for (key, needs_id) in TYPED {
        for value in many(object.get(key)) {
            let Some(value) = value.as_object() else {
                faults.add(key, "is not an object");
                continue;
            };
            single_url(value, "id", needs_id, faults);
            let types = many(value.get("type"));
            if types.is_empty() {
                faults.add(&format!("{key}.type"), "is missing (4.5)");
            }
            for kind in types {
                one_type(kind, &format!("{key}.type"), vocabulary, faults);
            }
        }
    }
}

/// 5.3: related resources, each once, each with a digest.
fn related(object: &Map<String, Value>, faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for value in many(object.get("relatedResource")) {
        let Some(value) = value.as_object() else {
            faults.add("relatedResource", "is not an object (5.3)");
            continue;
        };
        single_url(value, "id", true, faults);
        let has_digest = ["digestSRI", "digestMultibase"]
            .iter()
            .any(|key| value.get(*key).is_some_and(Value::is_string));
        if !has_digest {
            faults.add("relatedResource", "has no digest (5.3)");
        }
        if !seen.insert(value.get("id").and_then(Value::as_str).unwrap_or_default()) {
            faults.add("relatedResource", "names one resource twice (5.3)");
        }
    }
}

/// One value or several: an array's, or the value itself; none of `null`.
fn many(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
    }
}

fn strings(value: Option<&Value>) -> Vec<&str> {
    many(value).into_iter().filter_map(Value::as_str).collect()
}

/// Adds a proof by Data Integrity 1.0: `eddsa-jcs-2022` with an Ed25519 key, `ecdsa-jcs-2019` with one of P-256. The document
/// names its issuer, the key's `did:key` or any that lists the key as `method`.
pub fn sign(mut document: Value, key: &SecretKey, method: &str, created: &str) -> Result<Value, LedgerError> {
    let suite = match key.scheme() {
        Scheme::Ed25519 => "eddsa-jcs-2022",
        Scheme::P256 => "ecdsa-jcs-2019",
        Scheme::Sm2 => {
            return Err(LedgerError::Key(
                "credentials know no proof by SM2\nhint: give the issuing party a key of Ed25519 or P-256 for credentials".to_owned(),
            ));
        }
    };
    let mut proof = json!({
        "type": "DataIntegrityProof",
        "cryptosuite": suite,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
        "@context": document["@context"],
    });
    let signature = key.sign(&hash_data(&document, &proof));
    proof["proofValue"] = Value::String(format!("z{}", bs58::encode(signature.0).into_string()));
    document["proof"] = proof;
    Ok(document)
}

/// Is the document a credential, and its proof this key's? Without a key, the one in the proof's own `did:key` is taken, which
/// must be the issuer's.
pub fn verify(document: &Value, key: Option<&PublicKey>) -> Result<(), LedgerError> {
    let refuse = |what: &str| Err(LedgerError::Proof(what.to_owned()));
    let faults = faults(document);
    if !faults.is_empty() {
        return Err(LedgerError::Problems(faults));
    }
    let mut unsigned = document.clone();
    let proof = unsigned.as_object_mut().and_then(|object| object.remove("proof"));
    let Some(Value::Object(mut proof)) = proof else {
        return refuse("the document has no proof, or several");
    };
    let value = proof.remove("proofValue");
    let method = proof
        .get("verificationMethod")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let from_method = PublicKey::from_did_key(method.split('#').next().unwrap_or_default());
    let issuer = match &document["issuer"] {
        Value::Object(issuer) => issuer.get("id").and_then(Value::as_str),
        issuer => issuer.as_str(),
    };
    if issuer.is_none() || method.split('#').next() != issuer {
        return refuse("the proof's key is not the issuer's");
    }
    let Some(key) = key.cloned().or(from_method) else {
        return refuse("the issuer's key is not in the document\nhint: name the key");
    };
    let suite = match key.scheme {
        Scheme::Ed25519 => "eddsa-jcs-2022",
        Scheme::P256 => "ecdsa-jcs-2019",
        Scheme::Sm2 => "",
    };
    if proof.get("cryptosuite").and_then(Value::as_str) != Some(suite)
        || proof.get("type").and_then(Value::as_str) != Some("DataIntegrityProof")
        || proof.get("proofPurpose").and_then(Value::as_str) != Some("assertionMethod")
        || proof
            .get("@context")
            .is_some_and(|context| *context != document["@context"])
    {
        return refuse("the proof is of a kind that is not known here, or for another purpose");
    }
    let signature = value
        .as_ref()
        .and_then(Value::as_str)
        .and_then(|value| value.strip_prefix('z'));
    let signature = signature
        .filter(|text| text.len() < 100)
        .and_then(|text| bs58::decode(text).into_vec().ok());
    let Some(signature) = signature.and_then(|bytes| bytes.try_into().ok()).map(Signature) else {
        return refuse("the proof's value is no signature");
    };
    if key.verify(&hash_data(&unsigned, &Value::Object(proof)), &signature) {
        Ok(())
    } else {
        refuse("the proof does not hold: the document was changed, or another key signed it")
    }
}

/// Digest of the proof's options, then of the document, both canonical (vc-di-eddsa 3.3.4, vc-di-ecdsa 3.3.4).
fn hash_data(document: &Value, proof: &Value) -> Vec<u8> {
    let digest = |value: &Value| sha2::Sha256::digest(jcs::canonical(value));
    [digest(proof), digest(document)].concat()
}
