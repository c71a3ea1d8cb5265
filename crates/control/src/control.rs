//! The control plane itself: the one writer of this process, and the state everybody reads.

use crate::api::error::Failure;
use crate::auth::Authenticator;
use crate::edit::{Edit, Planned};
use crate::kinds;
use crate::outside::Outside;
use crate::publish::{Fleet, Publisher};
use crate::resource::Resource;
use crate::service::ServiceAddress;
use crate::state::State;
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};
use tollgate_error::{Code, Problem};
use tollgate_store::{Change, Content, Expect, Store, StoreError, Transaction, Write};

/// Times a write is planned anew because another replica was faster.
const REPLANS_MAX: usize = 16;
/// Revisions read from the change log at once when catching up.
const CATCH_UP_REVISIONS: u64 = 256;

/// Handle to the control plane; clones share it.
#[derive(Clone)]
pub struct Control {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) service: Arc<ServiceAddress>,
    pub(crate) store: Store,
    pub(crate) state: watch::Sender<Arc<State>>,
    /// Held while a write is planned and stored. Writes are few and the database takes one at a
    /// time anyway; in return every check of a write holds when it is stored.
    writer: Mutex<()>,
    pub(crate) authenticator: Authenticator,
    pub(crate) outside: Outside,
    pub(crate) publisher: Arc<Publisher>,
    pub(crate) fleet: Arc<Fleet>,
    /// Where gateways reach the configuration endpoint, as `env.conf` tells them.
    pub(crate) endpoint: std::sync::OnceLock<String>,
}

/// What a stored write leaves behind.
pub struct Written<T> {
    pub value: T,
    /// The revision it made; `None` when it changed nothing.
    pub revision: Option<u64>,
    /// The state after it.
    pub state: Arc<State>,
}

impl Control {
    /// Loads the state, seeds what exists from the start, and follows the store.
    pub(crate) async fn open(
        store: Store,
        service: ServiceAddress,
        authenticator: Authenticator,
    ) -> Result<Control, Problem> {
        let loaded = store.load(&service.name).await.map_err(|error| error.problem())?;
        let mut state = State::default();
        state.revision = loaded.revision;
        for record in loaded.records {
            apply(&mut state, &record.kind, record.path, record.revision, Some(record.content));
        }
        let outside = Outside::new().map_err(|error| {
            Problem::new(Code::TLS_MATERIAL_INVALID, format!("the HTTP client cannot start: {error}"))
        })?;
        let state = watch::Sender::new(Arc::new(state));
        let publisher = Arc::new(Publisher::default());
        let service = Arc::new(service);
        let fleet = Arc::new(Fleet::new(
            Arc::new(Timestamp::now),
            store.clone(),
            Arc::clone(&publisher),
            Arc::clone(&service),
            state.subscribe(),
        ));
        fleet.load().await.map_err(|error| error.problem())?;
        let control = Control {
            inner: Arc::new(Inner {
                service,
                store,
                state,
                writer: Mutex::new(()),
                authenticator,
                outside,
                publisher,
                fleet,
                endpoint: std::sync::OnceLock::new(),
            }),
        };
        control
            .write("tollgate", |edit| {
                kinds::MODULES.iter().for_each(|module| (module.seed)(edit));
                Ok(())
            })
            .await
            .map_err(|failure| {
                Problem::new(Code::STORE_UNAVAILABLE, format!("the service cannot be set up: {failure}"))
            })?;
        tokio::spawn(follow(Arc::downgrade(&control.inner), control.inner.store.watch()));
        Ok(control)
    }

    /// All resources as they are now.
    pub fn state(&self) -> Arc<State> {
        Arc::clone(&self.inner.state.borrow())
    }

    pub fn service(&self) -> &ServiceAddress {
        &self.inner.service
    }

    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Plans writes over the state as it is and stores them. Goes on to its end when the caller
    /// goes away: what was stored must also be seen.
    ///
    /// # Errors
    /// What `plan` says, or the store; nothing was stored then.
    pub async fn write<T: Send + 'static>(
        &self,
        actor: &str,
        plan: impl Fn(&mut Edit<'_>) -> Result<T, Failure> + Send + Sync + 'static,
    ) -> Result<Written<T>, Failure> {
        let (control, actor) = (self.clone(), actor.to_owned());
        let task = tokio::spawn(async move { control.write_here(&actor, &plan).await });
        task.await.unwrap_or_else(|error| {
            Err(Failure::Internal(Problem::new(
                Code::STORE_UNAVAILABLE,
                format!("the write was not finished: {error}"),
            )))
        })
    }

    async fn write_here<T>(
        &self,
        actor: &str,
        plan: &(impl Fn(&mut Edit<'_>) -> Result<T, Failure> + Sync),
    ) -> Result<Written<T>, Failure> {
        let _writer = self.inner.writer.lock().await;
        for _ in 0..REPLANS_MAX {
            let state = self.state();
            let now = Timestamp::now();
            let (value, planned) = {
                let mut edit = Edit::new(&state, &self.inner.service, now);
                let value = plan(&mut edit)?;
                (value, edit.into_planned())
            };
            if planned.is_empty() {
                return Ok(Written { value, revision: None, state });
            }
            let transaction = Transaction {
                service: self.inner.service.name.clone(),
                actor: actor.to_owned(),
                at: now.to_string(),
                base: Some(state.revision),
                writes: planned.iter().map(write_of).collect(),
            };
            match self.inner.store.commit(transaction).await {
                Ok(revision) => {
                    let mut next = State::clone(&state);
                    next.revision = revision;
                    for Planned { path, after, .. } in planned {
                        match after {
                            Some(after) => next.put(Arc::new(Resource { revision, ..Resource::clone(&after) })),
                            None => next.remove(&path),
                        }
                    }
                    let next = Arc::new(next);
                    self.inner.state.send_replace(Arc::clone(&next));
                    return Ok(Written { value, revision: Some(revision), state: next });
                }
                Err(StoreError::Moved { .. } | StoreError::Changed { .. }) => self.catch_up().await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::Conflict("The configuration is being changed by other writers. Try again.".to_owned()))
    }

    /// Takes over what other replicas wrote. Call with the writer lock held.
    async fn catch_up(&self) -> Result<(), StoreError> {
        let head = self.inner.store.revision().await?;
        let mut next = State::clone(&self.state());
        while next.revision < head {
            let changes = self.inner.store.changes(&self.inner.service.name, next.revision, CATCH_UP_REVISIONS).await?;
            next.revision = (next.revision + CATCH_UP_REVISIONS).min(head);
            for Change { revision, kind, path, after, .. } in changes {
                apply(&mut next, &kind, path, revision, after);
                next.revision = next.revision.max(revision);
            }
        }
        self.inner.state.send_replace(Arc::new(next));
        Ok(())
    }
}

/// Keeps the state up to date with what other replicas write.
async fn follow(inner: std::sync::Weak<Inner>, mut head: watch::Receiver<u64>) {
    while head.changed().await.is_ok() {
        let Some(inner) = inner.upgrade() else { return };
        let control = Control { inner };
        let _writer = control.inner.writer.lock().await;
        let latest = *head.borrow_and_update();
        if control.state().revision < latest
            && let Err(error) = control.catch_up().await
        {
            tracing::error!(%error, "cannot read what other replicas wrote");
        }
    }
}

fn write_of(planned: &Planned) -> Write {
    let kind = planned.after.as_ref().or(planned.before.as_ref()).map_or("", |resource| resource.kind.path);
    Write {
        kind: kind.to_owned(),
        path: planned.path.clone(),
        expect: planned.before.as_ref().map_or(Expect::Absent, |before| Expect::Revision(before.revision)),
        content: planned.after.as_ref().map(|after| {
            let (body, secrets) = after.split();
            Content { body, secrets }
        }),
    }
}

/// One stored change onto a state. A kind that this version does not know is kept in the store and
/// left out here.
fn apply(state: &mut State, kind: &str, path: String, revision: u64, content: Option<Content>) {
    let Some(content) = content else { return state.remove(&path) };
    match kinds::find(kind) {
        Some(kind) => {
            let mut properties = content.body;
            properties.extend(content.secrets);
            state.put(Arc::new(Resource { kind, path, revision, properties }));
        }
        None => tracing::warn!(kind, path, "a stored resource has a kind that this version does not know"),
    }
}
