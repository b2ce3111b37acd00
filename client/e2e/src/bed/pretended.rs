//! A service that says what it is told to, for what the real one does not do, or not as often.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::StreamExt as _;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};
use zbus::{Connection, Message, MessageStream, OwnedVariant, Variant, connection, message::Type};

use super::bus::{Bus, PROPERTIES, Place, bus_error};
use crate::error::HarnessError;

/// Properties of an interface, by name.
type Properties = BTreeMap<String, OwnedVariant>;
/// By path and interface.
type Objects = BTreeMap<(String, String), Properties>;

/// See the module.
#[derive(Debug)]
pub struct Pretended {
    name: String,
    connection: Connection,
    objects: watch::Sender<Objects>,
    refused: Arc<Notify>,
    answering: JoinHandle<()>,
}

impl Pretended {
    pub(super) async fn start(bus: &Bus, name: &str) -> Result<Self, HarnessError> {
        let failed = |error| bus_error("pretend to be a service", &error);
        let builder = connection::Builder::address(bus.address());
        let connection = builder.build().await.map_err(failed)?;
        let (objects, seen) = watch::channel(Objects::new());
        let calls = MessageStream::from(&connection);
        let refused = Arc::new(Notify::new());
        let answering = tokio::spawn(answer(connection.clone(), calls, seen, refused.clone()));
        Ok(Self { name: name.to_owned(), connection, objects, refused, answering })
    }

    /// Takes its name: from now on it is there.
    ///
    /// # Errors
    /// When somebody has the name.
    pub async fn appear(&self) -> Result<(), HarnessError> {
        let taken = self.connection.request_name(self.name.as_str()).await;
        taken.map_err(|error| bus_error("appear as a service", &error))
    }

    /// Sets a property, and tells nobody.
    pub fn set(&self, place: &Place, property: &str, value: impl Into<Variant<'static>>) {
        let Ok(value) = OwnedVariant::try_from(value.into()) else { return };
        self.objects.send_modify(|objects| {
            let object = objects.entry((place.path.clone(), place.interface.clone())).or_default();
            object.insert(property.to_owned(), value);
        });
    }

    /// Waits until it was asked for what was not set; a time that nobody waited for counts as well.
    pub async fn refuses(&self) {
        self.refused.notified().await;
    }

    /// Says that a property has changed to what it was set to.
    ///
    /// # Errors
    /// When the bus does not take it.
    pub async fn tell(&self, place: &Place, property: &str) -> Result<(), HarnessError> {
        let mut changed = Properties::new();
        if let Some(object) =
            self.objects.borrow().get(&(place.path.clone(), place.interface.clone()))
        {
            changed.extend(object.get_key_value(property).map(|(a, b)| (a.clone(), b.clone())));
        }
        let body = (place.interface.as_str(), changed, Vec::<String>::new());
        let path = place.path.as_str();
        let told = self
            .connection
            .emit_signal(None::<&str>, path, PROPERTIES, "PropertiesChanged", &body)
            .await;
        told.map_err(|error| bus_error("tell of a change", &error))
    }

    /// Waits until the bus has handed on all that was said.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn flush(&self) -> Result<(), HarnessError> {
        let (bus, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
        let called = self.connection.call_method(Some(bus), path, Some(bus), "GetId", &());
        called.await.map(drop).map_err(|error| bus_error("wait for the bus", &error))
    }
}

impl Drop for Pretended {
    fn drop(&mut self) {
        self.answering.abort();
    }
}

/// Answers all who ask for properties.
async fn answer(
    connection: Connection,
    mut calls: MessageStream,
    objects: watch::Receiver<Objects>,
    refused: Arc<Notify>,
) {
    while let Some(Ok(call)) = calls.next().await {
        if call.message_type() != Type::MethodCall {
            continue;
        }
        let properties = asked_for(&call).and_then(|key| objects.borrow().get(&key).cloned());
        let header = call.header();
        // Who has gone meanwhile needs no answer.
        let _ = match properties {
            Some(properties) => connection.reply(&header, &properties).await,
            None => {
                refused.notify_one();
                let name = "org.freedesktop.DBus.Error.UnknownObject";
                connection.reply_error(&header, name, &"it is not pretended").await
            }
        };
    }
}

/// The path and the interface whose properties are asked for.
fn asked_for(call: &Message) -> Option<(String, String)> {
    let header = call.header();
    let whole = header.member().is_some_and(|member| member.as_str() == "GetAll");
    let path = header.path().filter(|_| whole)?.to_string();
    Some((path, call.body().deserialize::<String>().ok()?))
}
