//! docs/protocol.md names every call, field and value of the protocol.

use std::collections::BTreeSet;

use prost::Message;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    FileDescriptorSet,
};
use pwasync_proto::v1::FILE_DESCRIPTOR_SET;

const DOCUMENT: &str = include_str!("../../docs/protocol.md");

#[test]
fn the_document_names_every_call_field_and_value() {
    let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).expect("the descriptors decode");
    let own = set.file.iter().filter(|file| file.package() == "pwasync.v1");
    let missing: Vec<String> = own.flat_map(|file| unnamed(file, &words(DOCUMENT))).collect();
    assert!(missing.is_empty(), "docs/protocol.md does not name {missing:#?}");
}

#[test]
fn what_stands_in_no_code_is_not_named() {
    let words = words("The `Hello.agent` and `profile`, `{by or to}`; reason, not code.");
    assert_eq!(words, ["Hello", "agent", "by", "or", "profile", "to"].into());
    let message = DescriptorProto { name: Some("Odd".to_owned()), ..Default::default() };
    let service = prost_types::ServiceDescriptorProto {
        name: Some("Oddity".to_owned()),
        method: vec![prost_types::MethodDescriptorProto {
            name: Some("Wonder".to_owned()),
            ..Default::default()
        }],
        ..Default::default()
    };
    let file = FileDescriptorProto {
        message_type: vec![message],
        service: vec![service],
        ..Default::default()
    };
    assert_eq!(unnamed(&file, &words), ["Oddity.Wonder"]);
}

/// Words of what stands between backticks.
fn words(text: &str) -> BTreeSet<&str> {
    let code = text.split('`').skip(1).step_by(2);
    code.flat_map(|code| code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        .filter(|word| !word.is_empty())
        .collect()
}

fn unnamed(file: &FileDescriptorProto, named: &BTreeSet<&str>) -> Vec<String> {
    let calls = file.service.iter().flat_map(|service| {
        service
            .method
            .iter()
            .map(|call| (call.name(), format!("{}.{}", service.name(), call.name())))
    });
    let fields = file.message_type.iter().flat_map(|message| {
        let place = |field: &str| format!("{}.{field}", message.name());
        message.field.iter().map(move |field| (name(field), place(field.name())))
    });
    let values = file.enum_type.iter().flat_map(values);
    let all = calls.chain(fields).chain(values);
    all.filter(|(name, _)| !named.contains(name)).map(|(_, place)| place).collect()
}

/// What one of several messages in a stream is known by is its type.
fn name(field: &FieldDescriptorProto) -> &str {
    let streamed = field.oneof_index.is_some() && !field.proto3_optional();
    let message = field.type_name().rsplit('.').next().unwrap_or_default();
    let alike = message.trim_start_matches("Launcher").to_lowercase();
    if streamed && alike == field.name().replace('_', "") { message } else { field.name() }
}

/// Values without what each of them begins with, and without the one that says nothing.
fn values(of: &EnumDescriptorProto) -> impl Iterator<Item = (&str, String)> {
    let nothing = of.value.first().map_or("", |first| first.name());
    let prefix = nothing.strip_suffix("UNSPECIFIED").unwrap_or_default();
    of.value.iter().skip(1).map(move |value| {
        let name = value.name().strip_prefix(prefix).unwrap_or(value.name());
        (name, format!("{}.{name}", of.name()))
    })
}
