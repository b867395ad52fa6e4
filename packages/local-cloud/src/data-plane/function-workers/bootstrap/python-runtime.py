"""Runs a Python handler for the local cloud, one event at a time.

Started as `python3 -S python-runtime.py SETTINGS`, where SETTINGS is a JSON object:
pythonVersion ("3.13", what stack traces should say) and sitePackages (where this machine keeps installed
packages). Everything else is in the environment, as on AWS. Events come in on descriptor 3, answers leave on
descriptor 4, both in the frames of `frames.ts`. Standard output and error belong to the function.

What functions can observe follows AWS's own open-source runtime interface client for Python.
"""

import builtins
import importlib
import importlib.abc
import importlib.machinery
import json
import logging
import os
import struct
import sys
import time
import traceback
import types

SETTINGS = json.loads(sys.argv[1])
TASK_ROOT = os.environ["LAMBDA_TASK_ROOT"]
PREFIX = struct.Struct(">cII")
# The cloud turns this back into a line feed, so that many lines stay one log event.
LINE_BREAK_INSIDE_EVENT = "\x1e"
NO_BREAK_SPACE = "\u00a0"
# What AWS's Python runtime ships beside the standard library. Anything else on this machine stays
# hidden, so that a package missing from the zip fails here as it does on AWS.
SHIPPED_PACKAGES = frozenset(
    ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3", "typing_extensions")
)


class ShippedPackages(importlib.abc.MetaPathFinder):
    """Finds the packages of AWS's runtime in this machine's site-packages, after everything else."""

    def find_spec(self, name, path=None, target=None):
        if path is None and name in SHIPPED_PACKAGES:
            return importlib.machinery.PathFinder.find_spec(name, SETTINGS["sitePackages"])
        return None


class RuntimeFault(Exception):
    """An error that AWS's runtime itself reports, under its own error type."""

    def __init__(self, error_type, message, trace=None):
        super().__init__(message)
        self.error_type = error_type
        self.trace = trace


class Channel:
    """The frames between the cloud and this process."""

    def __init__(self):
        self._input = open(3, "rb", buffering=1 << 16)
        os.set_inheritable(3, False)
        os.set_inheritable(4, False)

    def receive(self):
        """The next event's header and payload; None when the cloud has gone."""
        prefix = self._input.read(PREFIX.size)
        if len(prefix) < PREFIX.size:
            return None
        _kind, header_bytes, payload_bytes = PREFIX.unpack(prefix)
        header = self._input.read(header_bytes)
        payload = self._input.read(payload_bytes)
        if len(header) < header_bytes or len(payload) < payload_bytes:
            return None
        return json.loads(header), payload

    def send(self, kind, payload, header=b""):
        frame = memoryview(PREFIX.pack(kind, len(header), len(payload)) + header + payload)
        while frame:
            frame = frame[os.write(4, frame) :]


def named(names, values):
    """An object with exactly these attributes, None where the mapping has no such key."""
    return types.SimpleNamespace(**{name: values.get(name) for name in names})


def client_context_of(text):
    if not text:
        return None
    try:
        values = json.loads(text)
    except Exception as error:
        raise RuntimeFault(
            "Runtime.LambdaContextUnmarshalError",
            "Unable to parse Client Context JSON: {}".format(error),
        )
    context = named(("custom", "env", "client"), values)
    if context.client is not None:
        names = (
            "installation_id",
            "app_title",
            "app_version_name",
            "app_version_code",
            "app_package_name",
        )
        context.client = named(names, context.client)
    return context


class LambdaContext:
    """The second argument of a handler."""

    def __init__(self, header, deadline_ms):
        environment = os.environ
        self.aws_request_id = header["id"]
        self.log_group_name = environment.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environment.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = environment.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = environment.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = header["arn"]
        self.tenant_id = None
        self.client_context = client_context_of(header.get("clientContext"))
        self.identity = named(("cognito_identity_id", "cognito_identity_pool_id"), {})
        self._epoch_deadline_time_in_ms = deadline_ms

    def get_remaining_time_in_millis(self):
        return max(0, self._epoch_deadline_time_in_ms - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))

    def __repr__(self):
        fields = ("aws_request_id", "function_name", "function_version", "invoked_function_arn")
        return "LambdaContext([{}])".format(
            ",".join("{}={}".format(name, getattr(self, name)) for name in fields)
        )


class LambdaLogHandler(logging.Handler):
    """The handler that AWS puts on the root logger; one record is one log event."""

    request_id = ""

    def emit(self, record):
        record.aws_request_id = LambdaLogHandler.request_id
        write_event(self.format(record))


def write_event(text):
    sys.stdout.write(text.rstrip("\n").replace("\n", LINE_BREAK_INSIDE_EVENT) + "\n")


def set_up_logging():
    logging.Formatter.converter = time.gmtime
    handler = LambdaLogHandler()
    handler.setFormatter(
        logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
            "%Y-%m-%dT%H:%M:%S",
        )
    )
    logging.getLogger().addHandler(handler)


class ResponseEncoder(json.JSONEncoder):
    """AWS writes a Decimal as a number. Unlike AWS's, ours may lose digits beyond a double's."""

    def default(self, o):
        if type(o).__name__ == "Decimal" and type(o).__module__ == "decimal":
            return int(o) if o.is_finite() and o == o.to_integral_value() else float(o)
        return super().default(o)


def response_encoder():
    # Source: AWS's runtime interface client: from Python 3.12 on, answers keep their letters unescaped.
    version = tuple(int(part) for part in SETTINGS["pythonVersion"].split("."))
    return ResponseEncoder(ensure_ascii=version < (3, 12))


def load_handler(name):
    """The handler function that `_HANDLER` names: "package/module.function"."""
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise RuntimeFault(
            "Runtime.MalformedHandlerName", "Bad handler '{}': {}".format(name, error)
        )
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise RuntimeFault(
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module {} as a handler module".format(module_name),
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise RuntimeFault(
            "Runtime.ImportModuleError",
            "Unable to import module '{}': {}".format(module_name, error),
        )
    except SyntaxError as error:
        raise RuntimeFault(
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module '{}': {}".format(module_name, error),
            ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)],
        )
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise RuntimeFault(
            "Runtime.HandlerNotFound",
            "Handler '{}' missing on module '{}'".format(function_name, module_name),
        )


def as_on_aws(path):
    """A path of this machine as stack traces on AWS show it."""
    standard_library = os.path.dirname(os.__file__)
    on_aws = "/var/lang/lib/python" + SETTINGS["pythonVersion"]
    return path.replace(TASK_ROOT, "/var/task").replace(standard_library, on_aws)


def user_trace(error):
    """The error's stack from the function's own first frame on."""
    frames = traceback.extract_tb(error.__traceback__)
    while frames and frames[0].filename == __file__:
        del frames[0]
    return traceback.format_list(
        [(as_on_aws(frame.filename), frame.lineno, frame.name, frame.line) for frame in frames]
    )


def error_document(error, request_id):
    if isinstance(error, RuntimeFault):
        error_type, trace = error.error_type, [as_on_aws(line) for line in error.trace or []]
    else:
        error_type, trace = type(error).__name__, user_trace(error)
    return {
        "errorMessage": as_on_aws(str(error)),
        "errorType": error_type,
        "requestId": request_id,
        "stackTrace": trace,
    }


def log_error(document):
    first = "[ERROR] " + document["errorType"]
    if document["errorMessage"]:
        first += ": " + document["errorMessage"]
    lines = [first, "Traceback (most recent call last):"]
    for element in document["stackTrace"]:
        for line in element.splitlines():
            text = line.lstrip(" ")
            lines.append(NO_BREAK_SPACE * (len(line) - len(text)) + text)
    write_event("\n".join(lines))


def answer(channel, handler, encoder, header, payload):
    request_id = header["id"]
    try:
        deadline_ms = int(time.time() * 1000) + header["timeoutMs"]
        context = LambdaContext(header, deadline_ms)
        try:
            event = json.loads(payload.decode())
        except Exception as error:
            raise RuntimeFault(
                "Runtime.UnmarshalError", "Unable to unmarshal input: {}".format(error)
            )
        result = handler(event, context)
        if isinstance(result, bytes):
            body = result
        else:
            try:
                body = encoder.encode(result).encode()
            except Exception as error:
                raise RuntimeFault(
                    "Runtime.MarshalError", "Unable to marshal response: {}".format(error)
                )
    except Exception as error:
        document = error_document(error, request_id)
        log_error(document)
        flush_output()
        channel.send(b"E", json.dumps(document).encode())
        return
    flush_output()
    channel.send(b"R", body)


def flush_output():
    sys.stdout.flush()
    sys.stderr.flush()


def main():
    sys.argv = ["/var/runtime/bootstrap.py"]
    sys.path[0] = TASK_ROOT
    sys.meta_path.append(ShippedPackages())
    # The site module, which -S leaves out, would have made these.
    builtins.exit = builtins.quit = sys.exit
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    channel = Channel()
    set_up_logging()
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        document = error_document(error, "")
        log_error(document)
        flush_output()
        header = json.dumps({"errorType": document["errorType"]}).encode()
        channel.send(b"I", json.dumps(document).encode(), header)
        sys.exit(1)
    encoder = response_encoder()
    channel.send(b"A", b"")
    while True:
        message = channel.receive()
        if message is None:
            # As when AWS ends a sandbox: nothing of the function runs any more.
            os._exit(0)
        header, payload = message
        LambdaLogHandler.request_id = header["id"]
        os.environ["_X_AMZN_TRACE_ID"] = header["traceId"]
        answer(channel, handler, encoder, header, payload)


main()
