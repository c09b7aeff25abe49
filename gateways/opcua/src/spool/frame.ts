import { crc32 } from 'node:zlib';

/**
 * One OPC UA notification on its way: what the server sent in one piece is kept, forwarded and counted in one piece.
 * On disk: length, CRC-32, head length (each 4 bytes, little endian), head (JSON), and the DataSetMessages' bytes.
 */
export interface Frame {
  head: FrameHead;
  /** Complete DataSetMessages in JSON, end to end; the head says where each ends. */
  body: Buffer;
}

export interface FrameHead {
  writer: number;
  /** Major and minor version of the metadata that explains the messages. */
  version: [number, number];
  /** The length of each DataSetMessage in the body, in bytes. */
  lengths: number[];
  /** How many values the messages hold together. */
  values: number;
  /** The SequenceNumber after the last of the messages. */
  nextSequence: number;
  /** The server's subscription and its sequence number, so that after a restart nothing is taken twice. */
  notification: { subscription: number; sequence: number } | undefined;
  /** When the gateway received it, in milliseconds since 1970. */
  received: number;
}

export const prefixBytes = 12;
/** No notification is this large; a length beyond it is damage, and must not become an allocation. */
export const longestFrame = 64 << 20;

export function encodeFrame(frame: Frame): Buffer {
  const head = Buffer.from(JSON.stringify(frame.head));
  const bytes = Buffer.allocUnsafe(prefixBytes + head.length + frame.body.length);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt32LE(head.length, 8);
  head.copy(bytes, prefixBytes);
  frame.body.copy(bytes, prefixBytes + head.length);
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
  return bytes;
}

export type Decoded =
  | { is: 'whole'; frame: Frame; length: number }
  /** More bytes are needed, this many in all. */
  | { is: 'short'; wanted: number }
  | { is: 'damaged' };

/** Reads the frame that begins at an offset of the bytes. The body is a view, not a copy. */
export function decodeFrame(bytes: Buffer, offset: number): Decoded {
  const left = bytes.length - offset;
  if (left < prefixBytes) return { is: 'short', wanted: prefixBytes };
  const length = bytes.readUInt32LE(offset);
  const headLength = bytes.readUInt32LE(offset + 8);
  if (length < prefixBytes || length > longestFrame || headLength > length - prefixBytes) return { is: 'damaged' };
  if (left < length) return { is: 'short', wanted: length };
  if (crc32(bytes.subarray(offset + 8, offset + length)) !== bytes.readUInt32LE(offset + 4)) return { is: 'damaged' };
  const bodyStart = offset + prefixBytes + headLength;
  const head = JSON.parse(bytes.toString('utf8', offset + prefixBytes, bodyStart)) as FrameHead;
  return { is: 'whole', frame: { head, body: bytes.subarray(bodyStart, offset + length) }, length };
}
