//! The Python package's compiled half: environments of `training`, stepped on numpy arrays in place.
//!
//! In go options, seeds and arrays of actions; observations, rewards and endings are written into the arrays that the caller
//! brings. The interpreter's lock is released while worlds are stepped. Errors become `westline.Error` with our own messages;
//! a panic would be a bug of ours, and becomes a `RuntimeError`. What Gymnasium asks for is the Python half's business.

use numpy::{PyReadonlyArray2, PyReadwriteArray1, PyReadwriteArray2};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use record::Seed;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use training::{Batch, Course, Ending, FEATURES, OBSERVATION_LENGTH, Options, Outcome};
use vehicle::DataSheet;

pyo3::create_exception!(
    westline,
    Error,
    PyValueError,
    "What is wrong with a map, an option or a vehicle, and how to mend it."
);

/// Made roads of an environment at most.
const ROADS_MAX: u64 = 1024;

/// Worlds side by side.
#[pyclass(module = "westline._westline")]
struct Worlds {
    courses: Arc<[Course]>,
    options: Options,
    count: usize,
    threads: usize,
    same_step: bool,
    /// Made at the first reset, with its seeds.
    batch: Mutex<Option<Batch>>,
}

#[pymethods]
impl Worlds {
    #[new]
    #[pyo3(signature = (*, map, roads, road_seed, vehicle, traffic, time_limit_s, reward, count, threads, same_step))]
    #[expect(clippy::too_many_arguments, reason = "Python's keywords, each with a name")]
    fn new(
        py: Python<'_>,
        map: Option<String>,
        roads: u64,
        road_seed: u64,
        vehicle: &str,
        traffic: f64,
        time_limit_s: f64,
        reward: Option<&Bound<'_, PyDict>>,
        count: usize,
        threads: usize,
        same_step: bool,
    ) -> PyResult<Worlds> {
        let sheet = DataSheet::load(vehicle).map_err(|error| Error::new_err(error.to_string()))?;
        let mut options = Options {
            traffic,
            time_limit_s,
            ..Options::new(Arc::new(sheet))
        };
        for (name, weight) in reward.into_iter().flatten() {
            let name: String = name.extract()?;
            let mut known = options.reward.named();
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let hint = names.join(", ");
            match known.iter_mut().find(|(known, _)| *known == name) {
                Some((_, place)) => **place = weight.extract()?,
                None => {
                    let what = format!("no reward has the weight `{name}`\nhint: known are {hint}");
                    return Err(Error::new_err(what));
                }
            }
        }
        if map.is_none() && !(1..=ROADS_MAX).contains(&roads) {
            let what = format!("`roads` is `{roads}`, expected 1 to {ROADS_MAX}\nhint: 8 are usual");
            return Err(Error::new_err(what));
        }
        let courses = guarded(py, || {
            options.check()?;
            match &map {
                Some(map) => Course::read(map).map(|course| vec![course]),
                None => (0..roads).map(|road| Course::made(Seed(road_seed), road)).collect(),
            }
        })?;
        Ok(Worlds {
            courses: courses.into(),
            options,
            count,
            threads,
            same_step,
            batch: Mutex::new(None),
        })
    }

    /// Begins an episode in each world, from a seed each if given, and writes the first observations.
    #[pyo3(signature = (seeds, observations))]
    fn reset(
        &self,
        py: Python<'_>,
        seeds: Option<Vec<u64>>,
        mut observations: PyReadwriteArray2<'_, f32>,
    ) -> PyResult<()> {
        let observations = observations.as_slice_mut()?;
        self.check("observations", observations.len(), OBSERVATION_LENGTH)?;
        if let Some(seeds) = &seeds {
            self.check("seeds", seeds.len(), 1)?;
        }
        guarded(py, || {
            let mut batch = self.locked();
            match (&mut *batch, &seeds) {
                (Some(batch), _) => batch.reset(seeds.as_deref(), observations),
                (empty, seeds) => {
                    let zeros = vec![0; self.count];
                    let seeds = seeds.as_deref().unwrap_or(&zeros);
                    let (courses, options) = (&self.courses, &self.options);
                    let batch = empty.insert(Batch::new(courses, options, seeds, self.threads, self.same_step)?);
                    batch.reset(None, observations)
                }
            }
        })
    }

    /// Steps each world by 100 ms, in place.
    #[expect(clippy::too_many_arguments, reason = "an array for each thing that a step tells")]
    fn step(
        &self,
        py: Python<'_>,
        actions: PyReadonlyArray2<'_, f32>,
        mut observations: PyReadwriteArray2<'_, f32>,
        mut rewards: PyReadwriteArray1<'_, f64>,
        mut terminated: PyReadwriteArray1<'_, bool>,
        mut truncated: PyReadwriteArray1<'_, bool>,
        mut endings: PyReadwriteArray1<'_, i8>,
    ) -> PyResult<()> {
        let actions = actions.as_slice()?;
        let outcome = Outcome {
            observations: observations.as_slice_mut()?,
            rewards: rewards.as_slice_mut()?,
            terminated: terminated.as_slice_mut()?,
            truncated: truncated.as_slice_mut()?,
            endings: endings.as_slice_mut()?,
        };
        self.check("actions", actions.len(), 2)?;
        self.check("observations", outcome.observations.len(), OBSERVATION_LENGTH)?;
        self.check("rewards", outcome.rewards.len(), 1)?;
        self.check("terminated", outcome.terminated.len(), 1)?;
        self.check("truncated", outcome.truncated.len(), 1)?;
        self.check("endings", outcome.endings.len(), 1)?;
        let stepped = guarded(py, || match &mut *self.locked() {
            Some(batch) => batch.step(actions, outcome).map(|()| true),
            None => Ok(false),
        })?;
        if stepped { Ok(()) } else { Err(not_reset()) }
    }

    /// The last observation of the episode that ended in the last step of a world (same-step mode): bytes of float32.
    fn last_observation<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyBytes>> {
        self.check_index(index)?;
        let batch = self.locked();
        let batch = batch.as_ref().ok_or_else(not_reset)?;
        let bytes: Vec<u8> = batch
            .last_observation(index)
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect();
        Ok(PyBytes::new(py, &bytes))
    }

    /// A view of a world from above: height × width × 3 bytes.
    fn picture<'py>(&self, py: Python<'py>, index: usize, width: u32, height: u32) -> PyResult<Bound<'py, PyBytes>> {
        self.check_index(index)?;
        let picture = guarded(py, || {
            let batch = self.locked();
            let environment = batch.as_ref().and_then(|batch| batch.environment(index));
            environment
                .map(|environment| environment.picture(width, height))
                .transpose()
        })?;
        Ok(PyBytes::new(py, &picture.ok_or_else(not_reset)?))
    }
}

impl Worlds {
    /// A lock that a bug of ours has poisoned is taken all the same: the worlds are as they were then.
    fn locked(&self) -> std::sync::MutexGuard<'_, Option<Batch>> {
        self.batch.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn check(&self, name: &str, found: usize, each: usize) -> PyResult<()> {
        let expected = each * self.count;
        if found == expected {
            return Ok(());
        }
        Err(Error::new_err(format!(
            "`{name}` holds {found} numbers, expected {expected}\nhint: {each} for each of {} worlds",
            self.count
        )))
    }

    fn check_index(&self, index: usize) -> PyResult<()> {
        if index < self.count {
            return Ok(());
        }
        Err(Error::new_err(format!(
            "there is no world {index}\nhint: they count from 0 to {}",
            self.count.saturating_sub(1)
        )))
    }
}

fn not_reset() -> PyErr {
    Error::new_err("no episode has begun\nhint: call `reset()` first")
}

/// Runs `work` without the interpreter's lock; what goes wrong becomes an exception.
fn guarded<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, training::TrainingError> + Send) -> PyResult<T> {
    match py.detach(|| catch_unwind(AssertUnwindSafe(work))) {
        Ok(done) => done.map_err(|error| Error::new_err(error.to_string())),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            Err(PyRuntimeError::new_err(format!("a bug of Westline: {text}")))
        }
    }
}

/// Environments of Westline.
#[pymodule]
fn _westline(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Worlds>()?;
    module.add("Error", module.py().get_type::<Error>())?;
    let features: Vec<(&str, f32, f32, &str)> = FEATURES
        .iter()
        .map(|feature| (feature.name, feature.low, feature.high, feature.about))
        .collect();
    module.add("FEATURES", features)?;
    let endings: Vec<&str> = Ending::ALL.iter().map(|ending| ending.name()).collect();
    module.add("ENDINGS", endings)?;
    Ok(())
}
