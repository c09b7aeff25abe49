"""Google's gRPC core as a client of our SiLA 2 server: python3 client.py HOST:PORT. Prints one JSON object of what it saw."""
import base64
import json
import sys

import grpc
from wire import field, fields, first, real, text

CORE = "/sila2.org.silastandard.core.silaservice.v1.SiLAService/"
REACTOR = "/sila2.org.made.lab.reactor.v2.Reactor/"
PATIENCE = 60

channel = grpc.insecure_channel(sys.argv[1])


def call(path, request=b"", timeout=PATIENCE, metadata=None):
    return channel.unary_unary(path)(request, timeout=timeout, metadata=metadata)


def stream(path, request=b"", timeout=PATIENCE):
    return channel.unary_stream(path)(request, timeout=timeout)


def refusal(action):
    try:
        action()
        return None
    except grpc.RpcError as error:
        return error


def wish(temperature):
    return field(1, real(temperature)) + field(2, text("water"))


def error_of(error):
    """Number of the kind in the oneof, its first text and its second."""
    body = base64.b64decode(error.details())
    for kind in (1, 2, 3, 4):
        inner = first(body, kind)
        if inner is not None:
            one, two = first(inner, 1, b""), first(inner, 2, b"")
            return [kind, one if isinstance(one, int) else one.decode(), two.decode()]


seen = {}
seen["name"] = first(first(call(CORE + "Get_ServerName"))).decode()
seen["features"] = sorted(first(item).decode() for item in (value for _, value in fields(call(CORE + "Get_ImplementedFeatures"))))
seen["definition"] = len(first(first(call(CORE + "GetFeatureDefinition", field(1, text("org.made/lab/Reactor/v2"))))).decode())

confirmation = call(REACTOR + "React", wish(60))
execution = text(first(first(confirmation)).decode())
seen["steps"] = [first(first(step)) for step in stream(REACTOR + "React_Intermediate", execution)]
infos = list(stream(REACTOR + "React_Info", execution))
seen["lastStatus"] = first(infos[-1], 1, 0)
seen["yield"] = first(first(call(REACTOR + "React_Result", execution)))

seen["temperatures"] = sum(1 for _ in stream(REACTOR + "Subscribe_Temperature"))

invalid = refusal(lambda: call(REACTOR + "React", wish(95)))
seen["invalid"] = [invalid.code().name] + error_of(invalid)[:2]
hot = text(first(first(call(REACTOR + "React", wish(89)))).decode())
list(stream(REACTOR + "React_Info", hot))
seen["defined"] = error_of(refusal(lambda: call(REACTOR + "React_Result", hot)))
seen["noExecution"] = error_of(refusal(lambda: call(REACTOR + "React_Result", text("none"))))[:1]
seen["noMetadata"] = error_of(refusal(lambda: call(REACTOR + "Echo", b"")))[:2]
seen["echo"] = refusal(lambda: call(REACTOR + "Echo", field(2, b"") + field(3, b"\x08\x01\x20\x01\x28\x01\x30\xea\x0f"),
                                    metadata=[("sila-org.made-lab-reactor-v2-metadata-operator-bin", field(1, text("Kim")))])) is None
seen["unknownMethod"] = refusal(lambda: call(REACTOR + "Explode")).code().name
seen["malformed"] = refusal(lambda: call(REACTOR + "React", b"\x0a\xff")).code().name

endless = text(first(first(call(REACTOR + "React", wish(50)))).decode())
seen["deadline"] = refusal(lambda: list(stream(REACTOR + "React_Info", endless, timeout=1))).code().name
print(json.dumps(seen))
