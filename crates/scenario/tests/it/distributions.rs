//! Parameter value distributions: counted, enumerated, drawn; those of the public folder and some of our own.

use crate::public_files::{files_below, folder};
use proptest::prelude::*;
use record::Seed;
use scenario::{Distribution, Library, distribution};

fn written(inner: &str) -> String {
    format!(
        "<OpenSCENARIO><FileHeader revMajor=\"1\" revMinor=\"3\" date=\"2026-05-18T07:30:00\" description=\"\" author=\"\"/>\
         <ParameterValueDistribution><ScenarioFile filepath=\"any.xosc\"/>{inner}</ParameterValueDistribution></OpenSCENARIO>"
    )
}

fn reading(inner: &str) -> Result<Distribution, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("distribution.xosc");
    std::fs::write(&path, written(inner)).expect("written");
    Distribution::read(&Library::default(), &path).map_err(|error| error.to_string())
}

fn single(name: &str, inner: &str) -> String {
    format!(
        "<DeterministicSingleParameterDistribution parameterName=\"{name}\">{inner}</DeterministicSingleParameterDistribution>"
    )
}

#[test]
fn every_public_distribution_enumerates_and_names_a_scenario() {
    let Some(folder) = folder() else { return };
    let mut files = Vec::new();
    files_below(&folder, "xosc", &mut files);
    let library = Library::default();
    let mut sums: std::collections::BTreeMap<String, (u64, u64)> = std::collections::BTreeMap::new();
    for path in files
        .iter()
        .filter(|path| distribution::is_distribution(&library, path))
    {
        let name = path.strip_prefix(&folder).expect("below");
        let found = Distribution::read(&library, path).unwrap_or_else(|error| panic!("{error}"));
        let count = found.permutations().expect("countable");
        assert!(count > 0, "{}", name.display());
        assert!(found.permutation(count - 1).is_some(), "{}", name.display());
        assert!(found.permutation(count).is_none(), "{}", name.display());
        let known = found.scenario.is_file();
        println!(
            "{:<100} {count:>8}{}",
            name.display().to_string(),
            if known { "" } else { "  its scenario is not here" }
        );
        let set = name
            .components()
            .next()
            .expect("a folder")
            .as_os_str()
            .to_string_lossy()
            .into_owned();
        let sum = sums.entry(set).or_default();
        *sum = (sum.0 + 1, sum.1 + count);
    }
    for (set, (files, count)) in sums {
        println!("{set}: {count} permutations in {files} files");
    }
}

#[test]
fn permutations_multiply_and_the_last_changes_fastest() {
    let range = "<DistributionRange stepWidth=\"0.1\"><Range lowerLimit=\"0\" upperLimit=\"0.3\"/></DistributionRange>";
    let set = "<DistributionSet><Element value=\"car\"/><Element value=\"bus\"/></DistributionSet>";
    let found = reading(&format!(
        "<Deterministic>{}{}</Deterministic>",
        single("v", range),
        single("who", set)
    ));
    let found = found.expect("a distribution");
    assert_eq!(found.permutations(), Some(8));
    let values = |index| {
        found
            .permutation(index)
            .expect("there")
            .into_iter()
            .map(|(_, value)| value)
    };
    assert_eq!(values(1).collect::<Vec<_>>(), ["0", "bus"]);
    assert_eq!(values(7).collect::<Vec<_>>(), ["0.3", "bus"]);
    assert_eq!(found.permutation(8), None);
}

#[test]
fn values_of_a_set_come_together() {
    let sets = "<DeterministicMultiParameterDistribution><ValueSetDistribution>\
        <ParameterValueSet><ParameterAssignment parameterRef=\"a\" value=\"1\"/><ParameterAssignment parameterRef=\"$b\" value=\"2\"/></ParameterValueSet>\
        <ParameterValueSet><ParameterAssignment parameterRef=\"a\" value=\"3\"/></ParameterValueSet>\
        </ValueSetDistribution></DeterministicMultiParameterDistribution>";
    let found = reading(&format!("<Deterministic>{sets}</Deterministic>")).expect("a distribution");
    assert_eq!(found.permutations(), Some(2));
    let expected = vec![("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())];
    assert_eq!(found.permutation(0), Some(expected));
}

/// Mean and variance of many draws of one law.
fn moments(law: &str) -> (f64, f64) {
    let inner = format!(
        "<Stochastic numberOfTestRuns=\"10\" randomSeed=\"5\"><StochasticDistribution parameterName=\"x\">{law}</StochasticDistribution></Stochastic>"
    );
    let found = reading(&inner).expect("a distribution");
    assert_eq!((found.samples, found.seed), (10, Some(5)));
    let count = 20_000;
    let values = (0..count).map(|index| found.sample(Seed(5), index)[0].1.parse::<f64>().expect("a number"));
    let values: Vec<f64> = values.collect();
    let mean = values.iter().sum::<f64>() / count as f64;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count as f64;
    (mean, variance)
}

#[test]
fn drawn_values_have_the_moments_of_their_law() {
    let cases = [
        ("<NormalDistribution expectedValue=\"10\" variance=\"4\"/>", 10.0, 4.0),
        ("<LogNormalDistribution expectedValue=\"3\" variance=\"1\"/>", 3.0, 1.0),
        (
            "<UniformDistribution><Range lowerLimit=\"2\" upperLimit=\"8\"/></UniformDistribution>",
            5.0,
            3.0,
        ),
        ("<PoissonDistribution expectedValue=\"3.5\"/>", 3.5, 3.5),
        (
            "<Histogram><Bin weight=\"1\"><Range lowerLimit=\"0\" upperLimit=\"1\"/></Bin><Bin weight=\"3\"><Range lowerLimit=\"2\" upperLimit=\"3\"/></Bin></Histogram>",
            2.0,
            0.75 + 1.0 / 12.0,
        ),
        (
            "<ProbabilityDistributionSet><Element value=\"1\" weight=\"1\"/><Element value=\"5\" weight=\"1\"/></ProbabilityDistributionSet>",
            3.0,
            4.0,
        ),
        // Half a normal distribution: its mean lies √(2/π) deviations off.
        (
            "<NormalDistribution expectedValue=\"0\" variance=\"1\"><Range lowerLimit=\"0\" upperLimit=\"99\"/></NormalDistribution>",
            0.797_885,
            1.0 - 2.0 / std::f64::consts::PI,
        ),
    ];
    for (law, expected_mean, expected_variance) in cases {
        let (mean, variance) = moments(law);
        assert!((mean - expected_mean).abs() < 0.05, "{law}: mean {mean}");
        assert!(
            (variance / expected_variance - 1.0).abs() < 0.07,
            "{law}: variance {variance}"
        );
    }
}

#[test]
fn what_only_its_author_can_draw_leaves_the_scenarios_value_and_is_told() {
    let inner = single(
        "x",
        "<UserDefinedDistribution type=\"beta\">1 2</UserDefinedDistribution>",
    );
    let set = single(
        "y",
        "<DistributionSet><Element value=\"1\"/><Element value=\"2\"/></DistributionSet>",
    );
    let found = reading(&format!("<Deterministic>{inner}{set}</Deterministic>")).expect("a distribution");
    assert_eq!(found.permutations(), Some(2));
    let warning = found.warnings[0].to_string();
    assert!(warning.contains("`x` is drawn by `beta`"), "{warning}");
    assert!(warning.contains("hint: give it a value with --set x=..."), "{warning}");
    let drawn = "<Stochastic numberOfTestRuns=\"1\"><StochasticDistribution parameterName=\"x\"><UserDefinedDistribution type=\"beta\">1\
        </UserDefinedDistribution></StochasticDistribution></Stochastic>";
    let found = reading(drawn).expect("a distribution");
    assert!(found.sample(Seed(1), 0).is_empty());
    assert_eq!(found.warnings.len(), 1);
}

#[test]
fn a_range_without_end_is_refused() {
    for range in [
        "<DistributionRange stepWidth=\"0\"><Range lowerLimit=\"0\" upperLimit=\"1\"/></DistributionRange>",
        "<DistributionRange stepWidth=\"1e-9\"><Range lowerLimit=\"0\" upperLimit=\"1\"/></DistributionRange>",
        "<DistributionRange stepWidth=\"1\"><Range lowerLimit=\"0\" upperLimit=\"INF\"/></DistributionRange>",
    ] {
        let error = reading(&format!("<Deterministic>{}</Deterministic>", single("x", range))).expect_err("refused");
        assert!(error.contains("are no values"), "{error}");
    }
}

proptest! {
    #[test]
    fn every_permutation_is_another(sizes in prop::collection::vec(1usize..5, 1..5)) {
        let mut inner = String::new();
        for (number, size) in sizes.iter().enumerate() {
            let elements: String = (0..*size).map(|value| format!("<Element value=\"{value}\"/>")).collect();
            inner += &single(&format!("p{number}"), &format!("<DistributionSet>{elements}</DistributionSet>"));
        }
        let found = reading(&format!("<Deterministic>{inner}</Deterministic>")).expect("a distribution");
        let count = found.permutations().expect("few");
        prop_assert_eq!(count, sizes.iter().product::<usize>() as u64);
        let all: std::collections::BTreeSet<_> = (0..count).map(|index| found.permutation(index)).collect();
        prop_assert_eq!(all.len() as u64, count);
    }
}
