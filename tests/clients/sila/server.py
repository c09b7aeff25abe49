"""Google's gRPC core as a SiLA 2 server for our client: python3 server.py DEFINITION.xml. Prints "ready PORT", serves until its input ends."""
import base64
import os
import sys
import time
from concurrent import futures

import grpc
from wire import field, first, integer, real, text

CORE = "/sila2.org.silastandard.core.silaservice.v1.SiLAService/"
REACTOR = "/sila2.org.made.lab.reactor.v2.Reactor/"
FEATURE = "org.made/lab/Reactor/v2"

definition = open(sys.argv[1], encoding="utf-8").read()
wishes = {}
began = []


def abort(context, kind, first_text, second_text):
    body = field(kind, field(1, first_text.encode()) + field(2, second_text.encode()))
    context.abort(grpc.StatusCode.ABORTED, base64.b64encode(body).decode())


def get_definition(request, context):
    if first(first(request)).decode() != FEATURE:
        abort(context, 2, "org.silastandard/core/SiLAService/v1/DefinedExecutionError/UnimplementedFeature", "no such feature")
    return field(1, text(definition))


def react(request, context):
    temperature = first(first(request, 1))
    if temperature == 33:
        time.sleep(30)  # longer than any client here waits
    if temperature >= 90:
        abort(context, 1, FEATURE + "/Command/React/Parameter/Temperature", "too hot: 90 °C")
    execution = f"execution-{len(began)}"
    began.append(execution)
    wishes[execution] = temperature
    return field(1, text(execution))


def info(request, context):
    yield varint_status(1) + field(2, real(0.25))
    yield varint_status(2) + field(2, real(1.0))


def varint_status(status):
    return bytes([8, status])


def intermediate(request, context):
    for i in range(1000):
        yield field(1, integer(i))


def result(request, context):
    execution = first(request).decode()
    return field(1, real(wishes[execution] / 2)) + field(2, text("one")) + field(2, text("two"))


def operator_of(context):
    return dict(context.invocation_metadata()).get("sila-org.made-lab-reactor-v2-metadata-operator-bin")


def echo(request, context):
    if operator_of(context) != field(1, text("Kim")):
        abort(context, 3, "no operator", "")
    return request


def temperature(request, context):
    yield field(1, real(20.0))
    context.abort(grpc.StatusCode.DATA_LOSS, "the sensor is gone")


UNARY = {
    CORE + "Get_ServerName": lambda r, c: field(1, text("Foreign")),
    CORE + "Get_ServerUUID": lambda r, c: field(1, text("99999999-2222-3333-4444-555555555555")),
    CORE + "Get_ServerType": lambda r, c: field(1, text("ForeignReactor")),
    CORE + "Get_ServerVersion": lambda r, c: field(1, text("0.9")),
    CORE + "Get_ImplementedFeatures": lambda r, c: field(1, text("org.silastandard/core/SiLAService/v1")) + field(1, text(FEATURE)),
    CORE + "GetFeatureDefinition": get_definition,
    REACTOR + "React": react,
    REACTOR + "React_Result": result,
    REACTOR + "Echo": echo,
    REACTOR + "Get_Serial": lambda r, c: field(1, text(f"{len(began)}")),
}
STREAM = {REACTOR + "React_Info": info, REACTOR + "React_Intermediate": intermediate, REACTOR + "Subscribe_Temperature": temperature}


class Methods(grpc.GenericRpcHandler):
    def service(self, call):
        if call.method in UNARY:
            return grpc.unary_unary_rpc_method_handler(UNARY[call.method])
        if call.method in STREAM:
            return grpc.unary_stream_rpc_method_handler(STREAM[call.method])
        return None


server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), handlers=[Methods()])
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(f"ready {port}", flush=True)
sys.stdin.read()
server.stop(0)
os._exit(0)  # not waiting for those that sleep
