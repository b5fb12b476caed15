//! Certificates, envelopes and the gate: what is signed is believed, everything else is refused by its reason.

use messages::security::envelope::{self, Envelope, Header};
use messages::security::pki::{PSID_CAM, PSID_DENM, PSIDS, Period};
use messages::security::{Certificate, Credential, Gate, ItsTime, Refusal, gate};
use proptest::prelude::*;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// Seven in the morning of some day.
fn morning() -> ItsTime {
    ItsTime::from_unix(Duration::from_secs(1_772_406_000))
}

struct Pki {
    root: Credential,
    authority: Credential,
    ticket: Credential,
}

fn secret(number: u8) -> [u8; 32] {
    let mut secret = [7; 32];
    secret[0] = number;
    secret
}

fn pki() -> Pki {
    let period = |duration| Period {
        start: morning().before(DAY),
        duration,
    };
    let root = Credential::root("test root", period(3_650 * DAY), &secret(1)).unwrap();
    let authority = root
        .authority("test authority", period(1_000 * DAY), &secret(2))
        .unwrap();
    let ticket = authority.ticket(&PSIDS, period(7 * DAY), &secret(3)).unwrap();
    Pki {
        root,
        authority,
        ticket,
    }
}

fn gate_of(pki: &Pki) -> Gate {
    let mut gate = Gate::default();
    assert!(gate.trust(pki.root.certificate().clone()));
    assert!(gate.learn_authority(pki.authority.certificate().clone()));
    gate
}

fn header(at: ItsTime) -> Header {
    Header {
        psid: PSID_CAM,
        generation_time: at,
        generation_location: None,
    }
}

fn sealed(ticket: &Credential, payload: &[u8], at: ItsTime) -> Vec<u8> {
    envelope::seal(ticket, payload, &header(at), true).unwrap()
}

#[test]
fn what_a_ticket_signed_is_believed_and_comes_out_as_it_went_in() {
    let pki = pki();
    let mut gate = gate_of(&pki);
    let opened = gate
        .admit(&sealed(&pki.ticket, b"hello", morning()), morning())
        .unwrap();
    assert_eq!(opened.payload, b"hello");
    assert_eq!(opened.psid, PSID_CAM);
    assert_eq!(opened.generation_time, morning());
    assert_eq!((gate.accepted(), gate.refused().len()), (1, 0));
}

#[test]
fn a_signer_named_by_digest_is_believed_once_its_certificate_was_shown() {
    let pki = pki();
    let mut gate = gate_of(&pki);
    let by_digest = |payload: &[u8]| envelope::seal(&pki.ticket, payload, &header(morning()), false).unwrap();
    assert_eq!(gate.admit(&by_digest(b"early"), morning()), Err(Refusal::UnknownSigner));
    gate.admit(&sealed(&pki.ticket, b"shown", morning()), morning())
        .unwrap();
    gate.admit(&by_digest(b"now"), morning()).unwrap();
}

#[test]
fn a_repeated_message_is_refused_however_its_signature_is_rewritten() {
    let pki = pki();
    let mut gate = gate_of(&pki);
    let bytes = sealed(&pki.ticket, b"once", morning());
    gate.admit(&bytes, morning()).unwrap();
    assert_eq!(
        gate.admit(&bytes, morning().after(Duration::from_secs(1))),
        Err(Refusal::Replayed)
    );
    // The signer named by digest instead of by certificate: the same words by the same signer.
    let renamed = envelope::seal(&pki.ticket, b"once", &header(morning()), false).unwrap();
    assert_eq!(gate.admit(&renamed, morning()), Err(Refusal::Replayed));
}

#[test]
fn old_messages_and_messages_from_the_future_are_refused() {
    let pki = pki();
    let mut gate = gate_of(&pki);
    let late = morning().after(gate::OLDEST + Duration::from_millis(1));
    let early = morning().before(gate::CLOCKS_DIFFER + Duration::from_millis(1));
    let bytes = sealed(&pki.ticket, b"x", morning());
    assert_eq!(gate.admit(&bytes, late), Err(Refusal::Expired));
    assert_eq!(gate.admit(&bytes, early), Err(Refusal::FromTheFuture));
    gate.admit(&bytes, morning().before(gate::CLOCKS_DIFFER)).unwrap();
}

#[test]
fn a_ticket_that_is_over_or_not_for_this_application_is_refused() {
    let pki = pki();
    let mut gate = gate_of(&pki);
    let week_later = morning().after(7 * DAY);
    let over = sealed(&pki.ticket, b"x", week_later);
    assert_eq!(gate.admit(&over, week_later), Err(Refusal::CertificateOutOfTime));
    let period = Period {
        start: morning(),
        duration: DAY,
    };
    let narrow = pki.authority.ticket(&[PSID_DENM], period, &secret(9)).unwrap();
    assert_eq!(
        gate.admit(&sealed(&narrow, b"x", morning()), morning()),
        Err(Refusal::NotPermitted)
    );
}

#[test]
fn tickets_of_strangers_and_tickets_that_issue_tickets_are_refused() {
    let ours = pki();
    let mut gate = gate_of(&ours);
    let period = Period {
        start: morning(),
        duration: DAY,
    };
    let strange_root = Credential::root("strange root", period, &secret(21)).unwrap();
    let strange = strange_root.authority("strange", period, &secret(22)).unwrap();
    assert!(!gate.learn_authority(strange.certificate().clone()));
    let ticket = strange.ticket(&PSIDS, period, &secret(23)).unwrap();
    assert_eq!(
        gate.admit(&sealed(&ticket, b"x", morning()), morning()),
        Err(Refusal::Untrusted)
    );
    let of_ticket = ours.ticket.ticket(&PSIDS, period, &secret(24)).unwrap();
    assert_eq!(
        gate.admit(&sealed(&of_ticket, b"x", morning()), morning()),
        Err(Refusal::Untrusted)
    );
    assert!(
        !gate.trust(ours.authority.certificate().clone()),
        "an authority is no root"
    );
}

#[test]
fn an_authority_gives_no_more_than_it_has() {
    let pki = pki();
    let longer = Period {
        start: morning(),
        duration: 2_000 * DAY,
    };
    let ticket = pki.authority.ticket(&PSIDS, longer, &secret(31)).unwrap();
    let mut gate = gate_of(&pki);
    assert_eq!(
        gate.admit(&sealed(&ticket, b"x", morning()), morning()),
        Err(Refusal::Untrusted)
    );
    let crl_signer = Period {
        start: morning(),
        duration: DAY,
    };
    let ticket = pki.authority.ticket(&[622], crl_signer, &secret(32)).unwrap();
    assert_eq!(
        gate.admit(&sealed(&ticket, b"x", morning()), morning()),
        Err(Refusal::Untrusted)
    );
}

#[test]
fn a_flood_is_refused_while_others_are_still_heard() {
    let pki = pki();
    let mut gate = gate_of(&pki);
    let period = Period {
        start: morning(),
        duration: DAY,
    };
    let other = pki.authority.ticket(&PSIDS, period, &secret(41)).unwrap();
    let mut accepted = 0;
    for number in 0..200u32 {
        let at = morning().after(Duration::from_millis(u64::from(number)));
        accepted += usize::from(gate.admit(&sealed(&pki.ticket, &number.to_be_bytes(), at), at).is_ok());
    }
    assert!((40..=50).contains(&accepted), "{accepted} of a flood were believed");
    assert_eq!(gate.refused()[&Refusal::Flooding], 200 - accepted as u64);
    let at = morning().after(Duration::from_millis(200));
    gate.admit(&sealed(&other, b"calm", at), at).unwrap();
    let later = morning().after(Duration::from_secs(2));
    gate.admit(&sealed(&pki.ticket, b"calmed", later), later).unwrap();
}

#[test]
fn credentials_survive_the_way_through_files_and_fit_together() {
    let pki = pki();
    let read = Credential::read(pki.ticket.certificate().bytes(), &pki.ticket.secret()).unwrap();
    assert_eq!(read.certificate(), pki.ticket.certificate());
    assert!(Credential::read(pki.ticket.certificate().bytes(), &secret(99)).is_err());
    let root = Certificate::read(pki.root.certificate().bytes()).unwrap();
    assert_eq!(root.subject(), Some("test root"));
    assert!(root.is_signed_by(None));
    assert!(pki.authority.certificate().is_signed_by(Some(&root)));
    assert!(!pki.ticket.certificate().is_signed_by(Some(&root)));
    assert_eq!(pki.ticket.certificate().subject(), None, "a ticket names nobody");
}

#[test]
fn the_same_keys_sign_the_same_bytes() {
    let (one, other) = (pki(), pki());
    assert_eq!(
        sealed(&one.ticket, b"x", morning()),
        sealed(&other.ticket, b"x", morning())
    );
}

/// Any bit of a signed message changed, each in its turn.
#[test]
fn no_changed_bit_is_believed() {
    let pki = pki();
    let mut gate = gate_of(&pki);
    let sealed = sealed(&pki.ticket, b"payload", morning());
    // How the point R of a signature is written may be changed by anyone: its x alone is signed with (IEEE 1609.2, 6.3.31).
    let form_of_r = sealed.len() - 65;
    for place in (0..sealed.len()).filter(|&place| place != form_of_r) {
        for bit in 0..8 {
            let mut bytes = sealed.clone();
            bytes[place] ^= 1 << bit;
            assert!(gate.admit(&bytes, morning()).is_err(), "byte {place}, bit {bit}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_an_envelope_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Envelope::open(&bytes);
        let _ = Certificate::read(&bytes);
    }
}
