import type { DataValue } from 'node-opcua';
import type { Frame } from '../spool/frame.ts';
import type { Field } from './field.ts';
import type { Version } from './metadata.ts';
import { dataValueToJson } from './variant.ts';

/** A message is ended here and the next begun, so that a network message can stay below what a broker takes. */
const messageBytes = 32 << 10;

export interface Writer {
  id: number;
  name: string;
  fields: Field[];
  version: Version;
}

export interface Change {
  field: number;
  value: DataValue;
}

/**
 * The DataSetMessages for one notification. A field stands once in a message, so a variable that changed three times
 * takes three messages: the order within a series is the order of the messages.
 */
export function frameOf(writer: Writer, firstSequence: number, changes: Change[], received: Date, notification: Frame['head']['notification'], isFirst: boolean): Frame {
  const parts: Buffer[] = [];
  for (const payload of payloads(writer, changes)) {
    const isKeyFrame = isFirst && parts.length === 0 && payload.size === writer.fields.length;
    parts.push(
      Buffer.from(
        JSON.stringify({
          DataSetWriterId: writer.id,
          DataSetWriterName: writer.name,
          SequenceNumber: sequenceAfter(firstSequence, parts.length),
          MetaDataVersion: { MajorVersion: writer.version[0], MinorVersion: writer.version[1] },
          MessageType: isKeyFrame ? 'ua-keyframe' : 'ua-deltaframe',
          Timestamp: received.toISOString(),
          Payload: Object.fromEntries(payload),
        }),
      ),
    );
  }
  return {
    head: {
      writer: writer.id,
      version: writer.version,
      lengths: parts.map((part) => part.length),
      values: changes.length,
      nextSequence: sequenceAfter(firstSequence, parts.length),
      notification,
      received: received.getTime(),
    },
    body: Buffer.concat(parts),
  };
}

/** Sequence numbers are 32 bits wide and begin again at 1. */
export function sequenceAfter(sequence: number, steps = 1): number {
  return ((sequence - 1 + steps) % 0xffff_ffff) + 1;
}

function payloads(writer: Writer, changes: Change[]): Map<string, unknown>[] {
  const list: { payload: Map<string, unknown>; bytes: number }[] = [];
  // By field, the message its last value went into: the next value must not go into an earlier one.
  const last = new Map<number, number>();
  for (const { field, value } of changes) {
    const name = writer.fields[field]!.name;
    const json = dataValueToJson(value);
    const bytes = name.length + JSON.stringify(json).length;
    let at = (last.get(field) ?? -1) + 1;
    while (at < list.length && list[at]!.bytes + bytes > messageBytes) at++;
    if (at === list.length) list.push({ payload: new Map(), bytes: 0 });
    list[at]!.payload.set(name, json);
    list[at]!.bytes += bytes;
    last.set(field, at);
  }
  return list.map((entry) => entry.payload);
}

/** Puts DataSetMessages, which are JSON already, into a NetworkMessage. */
export function networkMessage(messageId: string, publisherId: string, messages: Buffer[]): Buffer {
  const head = `{"MessageId":${JSON.stringify(messageId)},"MessageType":"ua-data","PublisherId":${JSON.stringify(publisherId)},"Messages":[`;
  const parts: Buffer[] = [Buffer.from(head)];
  messages.forEach((message, index) => {
    if (index > 0) parts.push(comma);
    parts.push(message);
  });
  parts.push(tail);
  return Buffer.concat(parts);
}

const comma = Buffer.from(',');
const tail = Buffer.from(']}');
