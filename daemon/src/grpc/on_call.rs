//! A service that is built when it is first called. Describing the services takes as much memory
//! as a thousand registrations, and hardly anybody asks.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use futures_util::future::Either;
use tonic::{
    Status,
    body::Body,
    codegen::http::{Request, Response},
    server::NamedService,
};
use tower::Service;

/// See the module.
#[derive(Clone)]
pub(super) struct OnCall<S, M> {
    make: M,
    /// All connections share it.
    made: Arc<OnceLock<S>>,
}

impl<S, M, E> OnCall<S, M>
where
    M: Fn() -> Result<S, E>,
{
    pub(super) fn new(make: M) -> Self {
        Self { make, made: Arc::default() }
    }

    fn service(&self) -> Result<&S, E> {
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let made = (self.make)()?;
        Ok(self.made.get_or_init(|| made))
    }
}

impl<S: NamedService, M> NamedService for OnCall<S, M> {
    const NAME: &'static str = S::NAME;
}

impl<S, M, E> Service<Request<Body>> for OnCall<S, M>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone,
    M: Fn() -> Result<S, E>,
    E: std::fmt::Display,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<S::Future, Ready<Result<Response<Body>, Infallible>>>;

    /// As the services that are generated: there is nothing to wait for.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self.service() {
            Ok(service) => Either::Left(service.clone().call(request)),
            Err(error) => {
                tracing::error!(%error, "cannot describe the services");
                let status = Status::internal("the services do not describe themselves");
                Either::Right(ready(Ok(status.into_http())))
            }
        }
    }
}
