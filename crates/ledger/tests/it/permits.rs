//! The permit's procedure from application to suspension, its deadlines, its credential.

use crate::playground::{Playground, START_MS};
use ledger::evidence::{EvidenceItem, EvidenceKind};
use ledger::permit::{Conditions, Operation, Permit, PermitStep, Supervision, permit_key};
use ledger::permit_credential::{credential, is_revoked, status_list};
use ledger::{Action, Digest, Id, Record, Suite};

const DAY_MS: u64 = 86_400_000;

pub fn conditions() -> Conditions {
    Conditions {
        area: "line 1".to_owned(),
        from_minute: 330,
        to_minute: 1350,
        speed_kmh_max: 40,
        rain_mm_per_h_max: 10,
        supervision: Supervision::OnBoard,
    }
}

fn step(name: &str, evidence: Vec<Digest>) -> Action {
    let begins = name == "apply";
    Action::Permit(PermitStep {
        permit: Id(1),
        step: name.to_owned(),
        vehicles: if begins { vec!["bus-1".to_owned()] } else { Vec::new() },
        conditions: begins.then(conditions),
        evidence,
        note: String::new(),
    })
}

fn anchor(chain: &mut Playground, sender: &str, kind: EvidenceKind, subject: &str) -> Digest {
    let digest = Digest::of(
        Suite::International,
        &[sender.as_bytes(), subject.as_bytes(), &chain.time_ms.to_be_bytes()],
    );
    let item = EvidenceItem {
        kind,
        subject: subject.to_owned(),
        digest,
        count: 1,
        from_ms: START_MS,
        to_ms: START_MS,
    };
    chain.done(sender, Action::Anchor(vec![item]));
    digest
}

fn permit(chain: &Playground) -> Permit {
    match chain.ledger.get(&permit_key(Id(1))).expect("readable") {
        Some(Record::Permit(permit)) => permit,
        other => panic!("{other:?}"),
    }
}

fn commercial() -> Playground {
    let mut chain = Playground::new();
    chain.done("operator", step("apply", vec![]));
    let test = anchor(&mut chain, "institute", EvidenceKind::TestRecord, "bus-1");
    chain.done("institute", step("test", vec![test]));
    chain.done("district", step("review", vec![]));
    chain.done("district", step("license", vec![]));
    let service = anchor(&mut chain, "operator", EvidenceKind::ServiceRecord, "line 1");
    chain.done("district", step("demonstrate", vec![service]));
    chain.done("district", step("commercialise", vec![service, test]));
    chain
}

#[test]
fn a_permit_goes_from_application_to_commercial_operation_suspension_and_back() {
    let mut chain = commercial();
    let taken: Vec<String> = permit(&chain)
        .history
        .into_iter()
        .map(|step| format!("{} by {}", step.step, step.by))
        .collect();
    let expected = [
        "apply by operator",
        "test by institute",
        "review by district",
        "license by district",
        "demonstrate by district",
        "commercialise by district",
    ];
    assert_eq!(taken, expected);
    assert!(
        chain
            .refused("district", step("suspend", vec![]))
            .contains("evidence of kind \"document\"")
    );
    let incident = anchor(&mut chain, "district", EvidenceKind::Document, "bus-1");
    chain.done("district", step("suspend", vec![incident]));
    chain.done("operator", step("appeal", vec![]));
    let again = anchor(&mut chain, "institute", EvidenceKind::TestRecord, "bus-1");
    chain.done("district", step("reinstate", vec![again]));
    assert_eq!(permit(&chain).state, "road-test");
}

#[test]
fn a_step_rests_on_evidence_of_the_right_kind_by_the_right_party_about_the_vehicle() {
    let mut chain = Playground::new();
    chain.done("operator", step("apply", vec![]));
    let missing = chain.refused("institute", step("test", vec![Digest([5; 32])]));
    assert!(missing.contains("there is no evidence 0505"), "{missing}");
    for (sender, kind, subject) in [
        ("operator", EvidenceKind::TestRecord, "bus-1"),
        ("institute", EvidenceKind::Document, "bus-1"),
        ("institute", EvidenceKind::TestRecord, "bus-2"),
    ] {
        let digest = anchor(&mut chain, sender, kind, subject);
        let refused = chain.refused("institute", step("test", vec![digest]));
        assert!(refused.contains("set down by the inspector"), "{sender}: {refused}");
    }
}

#[test]
fn a_deadline_that_passes_changes_the_state_by_itself() {
    let mut chain = commercial();
    chain.time_ms += 366 * DAY_MS;
    let protocol = chain.ledger.protocol().expect("readable");
    assert_eq!(permit(&chain).state_at(&protocol.procedure, chain.time_ms), "expired");
    let refused = chain.refused("district", step("renew", vec![]));
    assert!(refused.contains("in the state `expired`"), "{refused}");
    // An appeal that nobody answers lapses into the suspension, and that into the end.
    let mut chain = commercial();
    let incident = anchor(&mut chain, "district", EvidenceKind::Document, "bus-1");
    chain.done("district", step("suspend", vec![incident]));
    chain.done("operator", step("appeal", vec![]));
    let state = |days: u64| {
        permit(&chain)
            .state_at(&protocol.procedure, chain.time_ms + days * DAY_MS)
            .to_owned()
    };
    assert_eq!([state(29), state(31), state(121)], ["appealed", "suspended", "expired"]);
}

#[test]
fn a_dispatcher_hears_every_reason_why_a_vehicle_may_not_go() {
    let chain = commercial();
    let procedure = chain.ledger.protocol().expect("readable").procedure;
    let fine = Operation {
        time_ms: chain.time_ms,
        area: "line 1".to_owned(),
        minutes: (360, 1320),
        vehicle: "bus-1".to_owned(),
        speed_kmh: 40,
        rain_mm_per_h: 2,
        supervision: Supervision::OnBoard,
        carries: true,
        charges: true,
    };
    assert_eq!(permit(&chain).objections(&procedure, &fine), Vec::<String>::new());
    let wrong = Operation {
        area: "line 2".to_owned(),
        minutes: (300, 1320),
        vehicle: "bus-9".to_owned(),
        speed_kmh: 41,
        rain_mm_per_h: 11,
        supervision: Supervision::Remote,
        time_ms: chain.time_ms + 400 * DAY_MS,
        ..fine
    };
    let objections = permit(&chain).objections(&procedure, &wrong).join("\n");
    insta::assert_snapshot!(objections, @r"
    permit 1: in the state `expired` nobody drives
    permit 1: in the state `expired` nobody is carried
    permit 1: in the state `expired` no fare is taken
    permit 1: vehicle `bus-9` is not in it
    permit 1: it is for `line 1`, not for `line 2`
    permit 1: it is for 05:30 to 22:30, not for 05:00 to 22:00
    permit 1: 41 km/h is more than 40
    permit 1: 11 mm/h of rain are more than 10
    permit 1: a safety officer must be on board
    ");
}

#[test]
fn a_credential_verifies_until_a_letter_changes_and_the_list_tells_of_its_end() {
    let mut chain = commercial();
    let key = chain.keys["district"].clone();
    let did = key.public_key().did_key().expect("Ed25519 has one");
    let method = format!("{did}#{}", &did[8..]);
    let procedure = chain.ledger.protocol().expect("readable").procedure;
    let list_url = "https://ledger.example/status/1";
    let sign = |document| ledger::credential::sign(document, &key, &method, "2026-03-01T12:00:00Z").expect("signed");
    let document = sign(credential(&permit(&chain), &procedure, &did, list_url, chain.time_ms));
    ledger::credential::verify(&document, None).expect("it holds");
    let list_of = |chain: &Playground| {
        sign(status_list(&[permit(chain)], &procedure, &did, list_url, chain.time_ms).expect("a list"))
    };
    let list = list_of(&chain);
    ledger::credential::verify(&list, None).expect("it holds");
    assert!(!is_revoked(&document, &list).expect("judged"));
    let text = document.to_string();
    for (index, _) in text
        .match_indices(|letter: char| letter.is_ascii_alphanumeric())
        .step_by(17)
    {
        let mut bytes = text.clone().into_bytes();
        bytes[index] = if bytes[index] == b'7' { b'8' } else { b'7' };
        let Ok(forged) = serde_json::from_slice(&bytes) else {
            continue;
        };
        assert!(
            ledger::credential::verify(&forged, None).is_err(),
            "changed at {index}: {forged}"
        );
    }
    let incident = anchor(&mut chain, "district", EvidenceKind::Document, "bus-1");
    chain.done("district", step("suspend", vec![incident]));
    assert!(is_revoked(&document, &list_of(&chain)).expect("judged"));
}
