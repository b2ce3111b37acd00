"""What an error of the daemon says besides its code: the details of `google.rpc.Status`.

Needs the code generated from `proto/google/rpc`, or the package googleapis-common-protos.
"""

from google.rpc import error_details_pb2, status_pb2

KINDS = (
    error_details_pb2.BadRequest,
    error_details_pb2.ErrorInfo,
    error_details_pb2.RetryInfo,
)


def details(error):
    """The details of a `grpc.RpcError`, by the name of their type."""
    found = {}
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for detail in status_pb2.Status.FromString(value).details:
            for kind in KINDS:
                message = kind()
                if detail.Unpack(message):
                    found[kind.DESCRIPTOR.name] = message
    return found


def sentences(error):
    """An error in lines for people. A program goes by code, reason and field, never by the text."""
    yield f"refused: {error.code().name}: {error.details()}"
    known = details(error)
    if "BadRequest" in known:
        for violation in known["BadRequest"].field_violations:
            yield f"field {violation.field}: {violation.description}"
    if "ErrorInfo" in known:
        yield f"reason {known['ErrorInfo'].reason}"
    if "RetryInfo" in known:
        yield f"try again in {known['RetryInfo'].retry_delay.ToTimedelta().total_seconds():g} s"
