//! The system bus: how shells reach the services that tell of the host.
//!
//! Owns connections and the watch on who has a name. What the services say is not its business.
//! The bus and each service may be absent, come late, go and come back, and are followed over that.

mod retry;
mod service;

use std::{collections::BTreeMap, num::NonZeroUsize, time::Duration};

use futures_util::StreamExt as _;
use serde::Serialize;
use tokio::time::timeout;
use zbus::{
    Connection, DynamicType, MatchRule, Message, MessageStream, OwnedVariant, connection,
    message::Type,
    names::{BusName, OwnedUniqueName},
};

use retry::Retry;
pub(crate) use service::{Ended, Listening, Service, Telling, watch};

/// A service answers in milliseconds; one that takes longer hangs.
pub(crate) const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Signals that may wait. Nothing reads them while a call is out, and a full queue holds up its
/// answer too, so it is more than a service sends in the time that a call may take.
const SIGNALS: NonZeroUsize = NonZeroUsize::new(512).expect("it is not zero");

const BUS: &str = "org.freedesktop.DBus";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// Properties of an interface, by name.
pub(crate) type Properties = BTreeMap<String, OwnedVariant>;

/// What went wrong with the bus or a service.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BusError {
    #[error("there was no answer within {0:?}")]
    Silent(Duration),
    #[error("the bus or a service on it failed")]
    Bus(#[from] zbus::Error),
    #[error("the bus is gone")]
    Gone,
}

/// An object's interface.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interface<'a> {
    pub(crate) path: &'a str,
    pub(crate) name: &'a str,
}

/// Where objects are whose signals are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Paths<'a> {
    This(&'a str),
    Below(&'a str),
}

/// A connection to the bus.
#[derive(Clone, Debug)]
pub(crate) struct Bus {
    connection: Connection,
}

impl Bus {
    pub(crate) async fn connect(address: &str) -> Result<Self, BusError> {
        let building = connection::Builder::address(address).build();
        Ok(Self { connection: within(ANSWER_LIMIT, building).await? })
    }

    /// Who has a name at present, and a stream of who has it later.
    pub(crate) async fn owner(
        &self,
        name: &str,
    ) -> Result<(Option<OwnedUniqueName>, Signals), BusError> {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(BUS)
            .interface(BUS)
            .member("NameOwnerChanged")
            .arg(0, name)
            .build()?;
        let changes = self.signals(rule).await?;
        let name = BusName::try_from(name)?;
        let asking = async {
            let proxy = zbus::fdo::DBusProxy::new(&self.connection).await?;
            match proxy.get_name_owner(name).await {
                Ok(owner) => Ok(Some(owner)),
                Err(zbus::fdo::Error::NameHasNoOwner(_)) => Ok(None),
                Err(error) => Err(error.into()),
            }
        };
        Ok((within(ANSWER_LIMIT, asking).await?, changes))
    }

    /// Changes of an interface's properties. The rule names all that there is to name, so that
    /// nothing else wakes the daemon.
    pub(crate) async fn changes(
        &self,
        service: &OwnedUniqueName,
        paths: Paths<'_>,
        interface: &str,
    ) -> Result<Signals, BusError> {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(service.as_str())
            .interface(PROPERTIES)
            .member("PropertiesChanged")
            .arg(0, interface);
        let rule = match paths {
            Paths::This(path) => rule.path(path),
            Paths::Below(path) => rule.path_namespace(path),
        };
        self.signals(rule.build()?).await
    }

    /// Reads all properties of an interface.
    pub(crate) async fn read(
        &self,
        service: &OwnedUniqueName,
        interface: Interface<'_>,
    ) -> Result<Properties, BusError> {
        self.read_within(ANSWER_LIMIT, service, interface).await
    }

    /// As [`Self::read`], of a service that may take longer.
    pub(crate) async fn read_within(
        &self,
        limit: Duration,
        service: &OwnedUniqueName,
        interface: Interface<'_>,
    ) -> Result<Properties, BusError> {
        let called = self.connection.call_method(
            Some(service.as_str()),
            interface.path,
            Some(PROPERTIES),
            "GetAll",
            &(interface.name),
        );
        let answer = within(limit, called).await?;
        Ok(answer.body().deserialize::<Properties>()?)
    }

    /// Calls a method without arguments, whose answer says nothing more than that it is done.
    pub(crate) async fn call(
        &self,
        service: &OwnedUniqueName,
        interface: Interface<'_>,
        member: &str,
        limit: Duration,
    ) -> Result<(), BusError> {
        let Interface { path, name } = interface;
        let service = Some(service.as_str());
        let called = self.connection.call_method(service, path, Some(name), member, &());
        within(limit, called).await.map(drop)
    }

    /// Calls a method and gives its answer.
    pub(crate) async fn ask(
        &self,
        service: &OwnedUniqueName,
        interface: Interface<'_>,
        member: &str,
        arguments: &(impl Serialize + DynamicType),
    ) -> Result<Message, BusError> {
        let Interface { path, name } = interface;
        let service = Some(service.as_str());
        let called = self.connection.call_method(service, path, Some(name), member, arguments);
        within(ANSWER_LIMIT, called).await
    }

    /// Signals of an object, by their name.
    pub(crate) async fn told(
        &self,
        service: &OwnedUniqueName,
        interface: Interface<'_>,
        member: &str,
    ) -> Result<Signals, BusError> {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(service.as_str())
            .path(interface.path)
            .interface(interface.name)
            .member(member);
        self.signals(rule.build()?).await
    }

    async fn signals(&self, rule: MatchRule<'_>) -> Result<Signals, BusError> {
        let rule = rule.into_owned();
        let stream = MessageStream::for_match_rule(rule, &self.connection, Some(SIGNALS));
        Ok(Signals { stream: within(ANSWER_LIMIT, stream).await? })
    }
}

async fn within<T>(
    limit: Duration,
    asking: impl Future<Output = zbus::Result<T>>,
) -> Result<T, BusError> {
    Ok(timeout(limit, asking).await.map_err(|_| BusError::Silent(limit))??)
}

/// Signals of one kind.
#[derive(Debug)]
pub(crate) struct Signals {
    stream: MessageStream,
}

impl Signals {
    /// The next one.
    pub(crate) async fn next(&mut self) -> Result<Message, BusError> {
        Ok(self.stream.next().await.ok_or(BusError::Gone)??)
    }

    /// Who has the name from now on.
    pub(crate) async fn next_owner(&mut self) -> Result<Option<OwnedUniqueName>, BusError> {
        let signal = self.next().await?;
        let body = signal.body();
        let (_, _, owner): (&str, &str, &str) = body.deserialize()?;
        if owner.is_empty() {
            return Ok(None);
        }
        Ok(Some(OwnedUniqueName::try_from(owner)?))
    }
}

/// Which properties have changed.
#[derive(Debug)]
pub(crate) enum Changed {
    /// These, to these values.
    To(Properties),
    /// Some, and not to what: all are to be read anew.
    Unsaid,
}

impl Changed {
    /// From a signal of [`Bus::changes`].
    pub(crate) fn of(signal: &Message) -> Result<Self, BusError> {
        let body = signal.body();
        let (_, changed, unsaid): (String, Properties, Vec<String>) = body.deserialize()?;
        Ok(if unsaid.is_empty() { Self::To(changed) } else { Self::Unsaid })
    }
}

/// A property that is a number; 0 where it is not there.
pub(crate) fn number(properties: &Properties, name: &str) -> u32 {
    properties.get(name).and_then(|value| u32::try_from(value).ok()).unwrap_or(0)
}

/// A property that is two numbers, which are 0 where there is none.
pub(crate) fn number_pair(properties: &Properties, name: &str) -> (u32, u32) {
    let pair = properties.get(name).and_then(|value| value.try_clone().ok());
    pair.and_then(|value| <(u32, u32)>::try_from(value).ok()).unwrap_or((0, 0))
}

/// A property that is a number with a fraction.
pub(crate) fn real(properties: &Properties, name: &str) -> Option<f64> {
    properties.get(name).and_then(|value| f64::try_from(value).ok())
}

/// A property that is true.
pub(crate) fn is_true(properties: &Properties, name: &str) -> bool {
    properties.get(name).and_then(|value| bool::try_from(value).ok()).unwrap_or(false)
}

/// A property that is a text or the path of an object; empty where it is not there.
pub(crate) fn text<'a>(properties: &'a Properties, name: &str) -> &'a str {
    use zbus::Variant;
    match properties.get(name).map(|value| &**value) {
        Some(Variant::Str(text)) => text.as_str(),
        Some(Variant::ObjectPath(path)) => path.as_str(),
        Some(_) | None => "",
    }
}

/// A property that is a text by its bytes, which need be none.
pub(crate) fn lossy_text(properties: &Properties, name: &str) -> String {
    use zbus::Variant;
    let bytes = match properties.get(name).map(|value| &**value) {
        Some(Variant::Array(list)) => list.inner(),
        Some(_) | None => &[],
    };
    let bytes = bytes.iter().filter_map(|one| {
        let Variant::U8(byte) = one else { return None };
        Some(*byte)
    });
    String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
}

/// A property that is a list of paths of objects.
pub(crate) fn paths<'a>(properties: &'a Properties, name: &str) -> impl Iterator<Item = &'a str> {
    use zbus::Variant;
    let list = match properties.get(name).map(|value| &**value) {
        Some(Variant::Array(list)) => list.inner(),
        Some(_) | None => &[],
    };
    list.iter().filter_map(|one| {
        let Variant::ObjectPath(path) = one else { return None };
        Some(path.as_str())
    })
}
