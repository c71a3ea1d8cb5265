//! A value that comes from elsewhere, grows old, and is fetched again: key sets, tokens.
//!
//! One fetch at a time for the whole node, whoever asks. A value that is old but usable is given out
//! while the next is on its way; one that cannot be renewed is used as long as it may be.

use crate::fetch::FetchError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How much longer than a fetch may take somebody waits for it. A fetch that has not ended by then never
/// will: its worker has stopped.
const PATIENCE: Duration = Duration::from_secs(2);

/// When a value is asked for again.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// After a failure, while there is no value.
    pub retry_without: Duration,
    /// After a failure, while the last one is used.
    pub retry_with: Duration,
    /// Between two fetches that callers forced.
    pub forced: Duration,
}

/// A fetched value and its times.
pub struct Fetched<T> {
    pub value: T,
    /// From then on it is renewed when asked for.
    pub fresh_for: Duration,
    /// From then on it is not given out; for ever when left out.
    pub usable_for: Option<Duration>,
}

pub struct Renewed<T> {
    state: Mutex<State<T>>,
    ended: watch::Sender<u64>,
    pace: Pace,
}

struct State<T> {
    value: Option<Arc<T>>,
    fresh_until: Instant,
    usable_until: Option<Instant>,
    /// No fetch before that.
    retry_at: Option<Instant>,
    forced_at: Option<Instant>,
    error: Option<FetchError>,
    /// When the fetch that is on its way began.
    flying: Option<Instant>,
}

impl<T: PartialEq + Send + Sync + 'static> Renewed<T> {
    pub fn new(pace: Pace) -> Arc<Renewed<T>> {
        let state = State {
            value: None,
            fresh_until: Instant::now(),
            usable_until: None,
            retry_at: None,
            forced_at: None,
            error: None,
            flying: None,
        };
        Arc::new(Renewed { state: Mutex::new(state), ended: watch::Sender::new(0), pace })
    }

    /// The value. `limit`: of one fetch, all its calls together. `force`: the caller has the value already and
    /// it does not serve.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn get<F>(
        self: &Arc<Self>,
        limit: Duration,
        force: bool,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<T>, FetchError>
    where
        F: Future<Output = Result<Fetched<T>, FetchError>> + 'static,
    {
        let mut ended = self.ended.subscribe();
        {
            let now = Instant::now();
            let mut state = self.lock();
            let may_force = force && state.forced_at.is_none_or(|at| now >= at + self.pace.forced);
            let due = state.usable(now).is_none() || now >= state.fresh_until;
            let rested = state.retry_at.is_none_or(|at| now >= at);
            let flying = state.flying.is_some_and(|since| now < since + limit + PATIENCE);
            if !flying && ((due && rested) || may_force) {
                state.flying = Some(now);
                if force {
                    state.forced_at = Some(now);
                }
                drop(state);
                self.start(limit, fetch());
            } else {
                let waits = flying && (force || state.usable(now).is_none());
                if !waits {
                    return state.outcome(now);
                }
            }
        }
        let now = Instant::now();
        if !force && let Some(value) = self.lock().usable(now) {
            return Ok(value);
        }
        // Its own limit ends the fetch; this is for one whose worker stops.
        let _ = tokio::time::timeout(limit + PATIENCE, ended.changed()).await;
        self.lock().outcome(Instant::now())
    }

    /// Runs on its own: it ends even if nobody waits any more.
    fn start<F>(self: &Arc<Self>, limit: Duration, fetch: F)
    where
        F: Future<Output = Result<Fetched<T>, FetchError>> + 'static,
    {
        let this = self.clone();
        tokio::task::spawn_local(async move {
            let late = || FetchError::Content(format!("no answer within {limit:?}"));
            let outcome = tokio::time::timeout(limit, fetch).await.unwrap_or_else(|_| Err(late()));
            this.end(outcome);
        });
    }

    fn end(&self, outcome: Result<Fetched<T>, FetchError>) {
        let now = Instant::now();
        let mut state = self.lock();
        state.flying = None;
        match outcome {
            Ok(fetched) => {
                // The same content stays the same value: what was derived from it is still right.
                if state.value.as_deref() != Some(&fetched.value) {
                    state.value = Some(Arc::new(fetched.value));
                }
                state.fresh_until = now + fetched.fresh_for;
                state.usable_until = fetched.usable_for.map(|time| now + time);
                state.retry_at = None;
                state.error = None;
            }
            Err(error) => {
                let rest = if state.usable(now).is_some() { self.pace.retry_with } else { self.pace.retry_without };
                state.retry_at = Some(now + rest);
                state.error = Some(error);
            }
        }
        drop(state);
        self.ended.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn usable(&self, now: Instant) -> Option<Arc<T>> {
        self.value.clone().filter(|_| self.usable_until.is_none_or(|until| now < until))
    }

    fn outcome(&self, now: Instant) -> Result<Arc<T>, FetchError> {
        let missing = || FetchError::Content("no answer yet".to_owned());
        self.usable(now).ok_or_else(|| self.error.clone().unwrap_or_else(missing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    const SLOW: Pace = Pace {
        retry_without: Duration::from_secs(3_600),
        retry_with: Duration::from_secs(3_600),
        forced: Duration::from_secs(3_600),
    };
    const EAGER: Pace = Pace { retry_without: Duration::ZERO, retry_with: Duration::ZERO, forced: Duration::ZERO };

    /// Counts the fetches of a story.
    fn tell<S: Future<Output = ()>>(story: impl FnOnce(Rc<Cell<u32>>) -> S) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        tokio::task::LocalSet::new().block_on(&runtime, story(Rc::default()));
    }

    async fn fetch(count: Rc<Cell<u32>>, works: bool, life: Duration) -> Result<Fetched<u32>, FetchError> {
        count.set(count.get() + 1);
        tokio::task::yield_now().await;
        if !works {
            return Err(FetchError::Content("down".into()));
        }
        Ok(Fetched { value: count.get(), fresh_for: life, usable_for: None })
    }

    const LONG: Duration = Duration::from_secs(3_600);

    #[test]
    fn many_callers_make_one_fetch() {
        tell(|count| async move {
            let renewed = Renewed::new(SLOW);
            let ask = || renewed.get(LONG, false, || fetch(count.clone(), true, LONG));
            let (a, b) = tokio::join!(ask(), ask());
            assert_eq!((a.ok().as_deref(), b.ok().as_deref(), count.get()), (Some(&1), Some(&1), 1));
        });
    }

    #[test]
    fn a_failure_rests_and_the_last_good_value_stays() {
        tell(|count| async move {
            let renewed = Renewed::new(SLOW);
            for _ in 0..3 {
                assert!(renewed.get(LONG, false, || fetch(count.clone(), false, LONG)).await.is_err());
            }
            assert_eq!(count.get(), 1);
            let renewed = Renewed::new(EAGER);
            // Old at once: each use starts a renewal in the background.
            assert!(renewed.get(LONG, false, || fetch(count.clone(), true, Duration::ZERO)).await.is_ok());
            for _ in 0..3 {
                let value = renewed.get(LONG, false, || fetch(count.clone(), false, LONG)).await;
                assert_eq!(value.ok().as_deref(), Some(&2));
                tokio::task::yield_now().await;
            }
        });
    }

    #[test]
    fn forcing_is_rationed() {
        tell(|count| async move {
            let renewed = Renewed::new(SLOW);
            let ask = |force: bool| renewed.get(LONG, force, || fetch(count.clone(), true, LONG));
            assert_eq!(ask(false).await.ok().as_deref(), Some(&1));
            assert_eq!(ask(true).await.ok().as_deref(), Some(&2));
            for _ in 0..3 {
                assert_eq!(ask(true).await.ok().as_deref(), Some(&2));
            }
            assert_eq!(count.get(), 2);
        });
    }
}
