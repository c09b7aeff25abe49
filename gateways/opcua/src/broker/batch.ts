import { networkMessage } from '../pubsub/messages.ts';
import type { Version } from '../pubsub/metadata.ts';
import { compare, type Position } from '../spool/position.ts';
import type { Range } from '../spool/cursor.ts';
import type { Spool } from '../spool/spool.ts';

/** Part of the spool, ready to be sent. */
export interface Batch {
  /** The network messages; more than one only where a single notification is larger than a message may be. */
  messages: { id: string; bytes: Buffer; values: number }[];
  /** The metadata that must be known before. */
  writers: { writer: number; version: Version }[];
  /** Where the cursor stands once the broker has all of it. */
  next: Position;
}

/** Leaves this much of a message's bytes to the envelope. */
const envelopeBytes = 1024;

/** As much as fits into one network message, from a place on; nothing where nothing waits. */
export function nextBatch(spool: Spool, range: Range, at: Position, publisherId: string, maxBytes: number): Batch | undefined {
  const room = maxBytes - envelopeBytes;
  const parts: Buffer[] = [];
  const writers = new Map<string, { writer: number; version: Version }>();
  let [bytes, values, next] = [0, 0, at];
  for (;;) {
    const found = range.to !== undefined && compare(next, range.to) >= 0 ? undefined : spool.read(next);
    // What a lane with an end reads beyond it belongs to the next lane.
    if (found === undefined || (range.to !== undefined && compare(found.next, range.to) > 0)) break;
    const { head, body } = found.frame;
    const size = body.length + head.lengths.length;
    if (parts.length > 0 && bytes + size > room) break;
    next = found.next;
    if (head.lengths.length === 0) continue;
    writers.set(`${head.writer} ${head.version.join()}`, { writer: head.writer, version: head.version });
    const messages = cut(body, head.lengths);
    if (size > room) return { messages: split(messages, head.values, room, publisherId, next), writers: [...writers.values()], next };
    parts.push(...messages);
    bytes += size;
    values += head.values;
  }
  if (parts.length === 0) return compare(next, at) > 0 ? { messages: [], writers: [], next } : undefined;
  const id = messageId(publisherId, next, parts.length);
  return { messages: [{ id, bytes: networkMessage(id, publisherId, parts), values }], writers: [...writers.values()], next };
}

/** One notification that is too large for one network message. */
function split(messages: Buffer[], values: number, room: number, publisherId: string, next: Position): Batch['messages'] {
  const groups: Buffer[][] = [[]];
  let bytes = 0;
  for (const message of messages) {
    if (groups.at(-1)!.length > 0 && bytes + message.length + 1 > room) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)!.push(message);
    bytes += message.length + 1;
  }
  return groups.map((group, index) => {
    const id = `${messageId(publisherId, next, group.length)}.${index}`;
    return { id, bytes: networkMessage(id, publisherId, group), values: index === 0 ? values : 0 };
  });
}

/** The place in the spool and the count: what is sent again with the same content has the same id, and nothing else has. */
function messageId(publisherId: string, { segment, offset }: Position, count: number): string {
  return `${publisherId}-${segment}-${offset}-${count}`;
}

function cut(body: Buffer, lengths: number[]): Buffer[] {
  let at = 0;
  return lengths.map((length) => body.subarray(at, (at += length)));
}
