//! `parties.toml` and `permits.toml`: what is wrong is told with file, line and mend.

use ledger::site::{DEFAULT_PARTIES, DEFAULT_PERMITS, LedgerSite};

fn check(parties: &str, permits: &str) -> String {
    match LedgerSite::read(("parties.toml", parties), ("permits.toml", permits)) {
        Ok(site) => format!("{} parties, {} steps", site.parties.len(), site.procedure.steps.len()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_files_that_come_with_the_program_have_nothing_wrong() {
    assert_eq!(check(DEFAULT_PARTIES, DEFAULT_PERMITS), "7 parties, 13 steps");
}

#[test]
fn every_problem_of_both_files_is_told_at_once() {
    let parties = "[[party]]\nid = \"The Bank\"\nrole = \"bank\"\n\n[[party]]\nid = \"a\"\nrole = \"operator\"\nkey = \"ed25519:00\"\n\n[[party]]\nid = \"a\"\nrole = \"auditor\"\n";
    let permits = "[[state]]\nname = \"applied\"\n\n[[step]]\nname = \"apply\"\nby = \"operator\"\nto = \"aplied\"\n";
    insta::assert_snapshot!(check(parties, permits), @r"
    permits.toml:5: step `apply` names the state `aplied`, which is not there
    hint: name states and steps as they are written in the file
    parties.toml:1: `The Bank` is no short name
    hint: use up to 40 lower-case letters, digits and hyphens
    parties.toml:5: `ed25519:00` is not a public key
    hint: a key is `ed25519:`, `p256:` or `sm2:` and the hexadecimal digits of a point
    parties.toml:10: there are two parties `a`
    hint: give one another id
    parties.toml:1: no party validates
    hint: write `validates = true` at those who sign blocks
    ");
}

#[test]
fn a_word_that_nobody_knows_is_told_with_its_line() {
    let told = check("suite = \"international\"\ncolour = 3\n", DEFAULT_PERMITS);
    assert!(told.starts_with("parties.toml:2: unknown field `colour`"), "{told}");
    let told = check("[[party]]\nid = \"a\"\nrole = \"king\"\n", DEFAULT_PERMITS);
    assert!(told.starts_with("parties.toml:3: unknown variant `king`"), "{told}");
}
