"""The few messages of SiLA 2 that the helpers need, written and read by hand: no generated code, so that only gRPC itself is foreign."""
import struct


def varint(n):
    out = b""
    n &= (1 << 64) - 1
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def text(value):
    return field(1, value.encode()) if value else b""


def real(value):
    return varint(1 << 3 | 1) + struct.pack("<d", value)


def integer(value):
    return varint(1 << 3) + varint(value) if value else b""


def fields(data):
    """Yields number and value of each field."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = number()
        if tag & 7 == 0:
            yield tag >> 3, number()
        elif tag & 7 == 1:
            yield tag >> 3, struct.unpack_from("<d", data, at)[0]
            at += 8
        elif tag & 7 == 2:
            length = number()
            yield tag >> 3, data[at:at + length]
            at += length
        else:
            raise ValueError(f"wire type {tag & 7}")


def first(data, number=1, default=None):
    for found, value in fields(data):
        if found == number:
            return value
    return default
