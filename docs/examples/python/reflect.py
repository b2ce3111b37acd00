#!/usr/bin/env python3
"""Calls the daemon by what it tells of itself, as grpcurl does: without generated code.

    reflect.py list
    reflect.py describe pwasync.v1.RegistrationKey
    reflect.py call pwasync.v1.Admin/GetStatus
    reflect.py call pwasync.v1.BackgroundSync/GetTags '{"profile": {...}, "scope": "...", ...}'

Messages are JSON in protobuf's mapping; each further one goes into a stream. Needs python3-grpcio
only.
"""

import argparse
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

import connect

METHOD = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
CALL_LIMIT_S = 60.0


def bootstrap():
    """The few fields of `grpc/reflection/v1/reflection.proto` that are needed to ask for more."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="bootstrap.proto", package="bootstrap", syntax="proto3"
    )

    def message(name, *fields):
        added = file.message_type.add(name=name)
        for number, field_name, kind, label in fields:
            one = added.field.add(name=field_name, number=number, label=label)
            if isinstance(kind, str):
                one.type, one.type_name = field.TYPE_MESSAGE, ".bootstrap." + kind
            else:
                one.type = kind

    one, many = field.LABEL_OPTIONAL, field.LABEL_REPEATED
    message(
        "Request",
        (3, "file_by_filename", field.TYPE_STRING, one),
        (4, "file_containing_symbol", field.TYPE_STRING, one),
        (7, "list_services", field.TYPE_STRING, one),
    )
    message("Files", (1, "file_descriptor_proto", field.TYPE_BYTES, many))
    message("Service", (1, "name", field.TYPE_STRING, one))
    message("Services", (1, "service", "Service", many))
    message("Failure", (2, "error_message", field.TYPE_STRING, one))
    message(
        "Response",
        (4, "files", "Files", one),
        (6, "services", "Services", one),
        (7, "failure", "Failure", one),
    )
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_class(pool, "bootstrap.Request"), message_class(pool, "bootstrap.Response")


def message_class(pool, name):
    found = pool.FindMessageTypeByName(name)
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(found)
    # Before protobuf 4.22.
    return message_factory.MessageFactory(pool).GetPrototype(found)


class Daemon:
    """A daemon, and as much of its protocol as was asked for."""

    def __init__(self, channel):
        self.channel = channel
        self.request, response = bootstrap()
        self.info = channel.stream_stream(
            METHOD,
            request_serializer=self.request.SerializeToString,
            response_deserializer=response.FromString,
        )
        self.pool = descriptor_pool.DescriptorPool()
        self.known = set()

    def ask(self, **what):
        answer = next(self.info(iter([self.request(**what)]), timeout=CALL_LIMIT_S))
        if answer.HasField("failure"):
            raise LookupError(answer.failure.error_message)
        return answer

    def services(self):
        return sorted(one.name for one in self.ask(list_services="*").services.service)

    def learn(self, symbol):
        """Adds the file that describes a symbol, after those that it imports."""
        self.add(self.ask(file_containing_symbol=symbol).files)

    def add(self, files):
        for encoded in files.file_descriptor_proto:
            file = descriptor_pb2.FileDescriptorProto.FromString(encoded)
            if file.name in self.known:
                continue
            self.known.add(file.name)
            for imported in file.dependency:
                self.add(self.ask(file_by_filename=imported).files)
            self.pool.AddSerializedFile(encoded)

    def call(self, path, texts):
        """Calls `package.Service/Method`; iterates over the answers."""
        service, _, name = path.partition("/")
        self.learn(service)
        method = self.pool.FindServiceByName(service).FindMethodByName(name)
        kind = descriptor_pb2.MethodDescriptorProto()
        method.CopyToProto(kind)
        request = message_class(self.pool, method.input_type.full_name)
        response = message_class(self.pool, method.output_type.full_name)
        requests = [json_format.Parse(text, request(), descriptor_pool=self.pool) for text in texts]
        shape = ("stream" if kind.client_streaming else "unary") + (
            "_stream" if kind.server_streaming else "_unary"
        )
        callable = getattr(self.channel, shape)(
            f"/{path}",
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString,
        )
        argument = iter(requests) if kind.client_streaming else (requests or [request()])[0]
        answer = callable(argument, timeout=CALL_LIMIT_S)
        return answer if kind.server_streaming else [answer]

    def details(self, error):
        """The `google.rpc.Status` of an error, whose types the daemon describes as well."""
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                for symbol in ("google.rpc.Status", "google.rpc.BadRequest"):
                    self.learn(symbol)
                return message_class(self.pool, "google.rpc.Status").FromString(value)
        return None


def describe(daemon, symbol):
    daemon.learn(symbol)
    proto = {
        "service": (daemon.pool.FindServiceByName, descriptor_pb2.ServiceDescriptorProto),
        "message": (daemon.pool.FindMessageTypeByName, descriptor_pb2.DescriptorProto),
        "enum": (daemon.pool.FindEnumTypeByName, descriptor_pb2.EnumDescriptorProto),
    }
    for find, kind in proto.values():
        try:
            found = find(symbol)
        except KeyError:
            continue
        described = kind()
        found.CopyToProto(described)
        return described
    raise LookupError(f"{symbol} is no service, message or enum")


def show(daemon, message):
    print(json_format.MessageToJson(message, descriptor_pool=daemon.pool), flush=True)


def main():
    parser = argparse.ArgumentParser(description="Calls the daemon by reflection.")
    parser.add_argument("--socket", default=connect.socket_path())
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list", help="the services")
    verbs.add_parser("describe", help="a service, message or enum").add_argument("symbol")
    call = verbs.add_parser("call", help="one call")
    call.add_argument("method", metavar="SERVICE/METHOD")
    call.add_argument("message", nargs="*", help="JSON; none: an empty message")
    arguments = parser.parse_args()
    with connect.channel(arguments.socket) as channel:
        daemon = Daemon(channel)
        try:
            if arguments.verb == "list":
                print("\n".join(daemon.services()))
            elif arguments.verb == "describe":
                show(daemon, describe(daemon, arguments.symbol))
            else:
                for answer in daemon.call(arguments.method, arguments.message):
                    show(daemon, answer)
        except grpc.RpcError as error:
            print(f"{error.code().name}: {error.details()}", file=sys.stderr)
            status = daemon.details(error)
            if status is not None:
                show(daemon, status)
            return 1
        except (LookupError, json_format.ParseError) as error:
            print(f"reflect.py: {error}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
