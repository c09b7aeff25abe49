import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { nextBatch } from '../src/broker/batch.ts';
import type { SpoolConfig } from '../src/config.ts';
import { Report } from '../src/report.ts';
import { decodeFrame, encodeFrame, type Frame } from '../src/spool/frame.ts';
import { Spool } from '../src/spool/spool.ts';
import { systemClock } from '../src/time.ts';
import { testFolder } from './gateway.ts';

let folder: ReturnType<typeof testFolder>;
let report: Report;
let open: Spool[] = [];

beforeEach(() => {
  folder = testFolder();
  report = new Report(systemClock, () => undefined);
});

afterEach(() => {
  for (const spool of open.splice(0)) spool.close();
  folder.remove();
});

function openSpool(config: Partial<SpoolConfig> = {}): Spool {
  const spool = new Spool(folder.path, { maxBytes: 8 << 20, whenFull: 'drop-oldest', ...config }, report);
  open.push(spool);
  return spool;
}

/** What a kill leaves: the files as they are, without a close. */
function abandon(): void {
  open = [];
}

function frame(sequence: number, size = 20): Frame {
  const body = Buffer.from(JSON.stringify({ SequenceNumber: sequence, text: 'x'.repeat(size) }));
  return {
    head: { writer: 1, version: [1, 1], lengths: [body.length], values: 1, nextSequence: sequence + 1, notification: { subscription: 7, sequence }, received: 0 },
    body,
  };
}

/** Reads from the cursor to the end as the forwarder does, and returns the sequence numbers. */
function drain(spool: Spool, advance = true): number[] {
  const sequences: number[] = [];
  const range = spool.cursor.ranges[0]!;
  for (let at = range.from; ; ) {
    const batch = nextBatch(spool, range, at, 'test', 10_000);
    if (batch === undefined) return sequences;
    at = batch.next;
    for (const { bytes } of batch.messages)
      for (const message of (JSON.parse(bytes.toString()) as { Messages: { SequenceNumber: number }[] }).Messages) sequences.push(message.SequenceNumber);
    if (advance) spool.cursor.advance(range, at);
    if (advance) spool.deleteForwarded();
  }
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function segments(): string[] {
  return readdirSync(folder.path).filter((name) => name.endsWith('.spool')).sort();
}

describe('the spool', () => {
  it('gives back what it was given, in order, over many segments, and deletes what was forwarded', async () => {
    const spool = openSpool({ maxBytes: 1 << 20 });
    for (const n of numbers(1, 3000)) assert.ok(spool.append(frame(n, 100)));
    await spool.durable();
    assert.ok(segments().length > 2);
    assert.deepEqual(drain(spool), numbers(1, 3000));
    assert.equal(segments().length, 1);
    assert.equal(spool.bytesWaiting, 0);
  });

  it('shows nothing that is not on the disk yet', async () => {
    const spool = openSpool();
    spool.append(frame(1));
    assert.deepEqual(drain(spool, false), []);
    await spool.durable();
    assert.deepEqual(drain(spool, false), [1]);
  });

  it('goes on after a kill where the cursor stood, and knows what it has', async () => {
    const spool = openSpool();
    for (const n of numbers(1, 10)) spool.append(frame(n));
    await spool.durable();
    assert.deepEqual(drain(spool), numbers(1, 10));
    for (const n of numbers(11, 20)) spool.append(frame(n));
    abandon();
    const again = openSpool();
    assert.equal(again.standing.sequences.get(1), 21);
    assert.equal(again.standing.notifications.get(7)!.sequence, 20);
    assert.deepEqual(drain(again), numbers(11, 20));
  });

  it('remembers its numbers when everything was forwarded and deleted', async () => {
    for (let round = 0; round < 5; round++) {
      const spool = openSpool();
      spool.append(frame(round + 1));
      await spool.durable();
      drain(spool);
      abandon();
    }
    assert.equal(openSpool().standing.sequences.get(1), 6);
    assert.ok(segments().length <= 2, segments().join());
  });

  it('cuts off a frame that a power cut has torn, wherever it was torn', () => {
    const whole = encodeFrame(frame(3));
    for (let length = 1; length < whole.length; length += 9) {
      const spool = openSpool();
      for (const n of [1, 2]) spool.append(frame(n));
      abandon();
      const path = join(folder.path, segments().at(-1)!);
      const intact = statSync(path).size;
      appendFileSync(path, whole.subarray(0, length));
      const again = openSpool();
      assert.equal(statSync(path).size, intact);
      assert.equal(again.standing.sequences.get(1), 3);
      assert.deepEqual(drain(again), [1, 2]);
      again.close();
      abandon();
      folder.remove();
      folder = testFolder();
    }
  });

  it('tells damage in the middle, keeps a copy, and forwards the rest', () => {
    const spool = openSpool({ maxBytes: 1 << 20 });
    for (const n of numbers(1, 3000)) spool.append(frame(n, 100));
    spool.close();
    abandon();
    const path = join(folder.path, segments()[1]!);
    const bytes = readFileSync(path);
    bytes[Math.floor(bytes.length / 2)]! ^= 0xff;
    writeFileSync(path, bytes);
    const sequences = drain(openSpool({ maxBytes: 1 << 20 }));
    assert.equal(report.losses.damage, 1);
    assert.ok(existsSync(`${path}.damaged`));
    assert.ok(sequences.length > 2000 && sequences.at(-1) === 3000);
    assert.deepEqual(sequences, [...new Set(sequences)].sort((a, b) => a - b));
  });

  for (const whenFull of ['drop-oldest', 'drop-newest'] as const) {
    it(`stays within its bytes and counts each value it drops (${whenFull})`, async () => {
      const spool = openSpool({ maxBytes: 1 << 20, whenFull });
      for (const n of numbers(1, 8000)) spool.append(frame(n, 300));
      assert.ok(spool.bytes <= 1 << 20);
      await spool.durable();
      const kept = drain(spool);
      assert.equal(kept.length + report.losses['spool-full'], 8000);
      assert.equal(whenFull === 'drop-oldest' ? kept.at(-1) : kept[0], whenFull === 'drop-oldest' ? 8000 : 1);
      assert.ok(report.lines.some((line) => line.includes('LOST (spool-full)')));
      // The next number shows the receiver that some are missing.
      assert.equal(spool.standing.sequences.get(1), 8001);
    });
  }

  it('drops the oldest while a kill and a start come between', async () => {
    let spool = openSpool({ maxBytes: 1 << 20 });
    for (const n of numbers(1, 4000)) spool.append(frame(n, 300));
    abandon();
    spool = openSpool({ maxBytes: 1 << 20 });
    for (const n of numbers(4001, 8000)) spool.append(frame(n, 300));
    await spool.durable();
    const kept = drain(spool);
    assert.deepEqual(kept, numbers(8001 - kept.length, 8000));
    assert.equal(kept.length + report.losses['spool-full'], 8000);
  });

  it('keeps the live stream apart from the outages before it, and each in order', async () => {
    const spool = openSpool();
    for (const n of numbers(1, 5)) spool.append(frame(n));
    spool.cursor.splitLive(spool.end);
    for (const n of numbers(6, 8)) spool.append(frame(n));
    await spool.durable();
    spool.cursor.splitLive(spool.end);
    spool.append(frame(9));
    abandon();
    const again = openSpool();
    const [first, second, live] = again.cursor.ranges;
    const take = (range: typeof first): number[] => {
      const batch = nextBatch(again, range!, range!.from, 'test', 10_000)!;
      again.cursor.advance(range!, batch.next);
      return (JSON.parse(batch.messages[0]!.bytes.toString()) as { Messages: { SequenceNumber: number }[] }).Messages.map((m) => m.SequenceNumber);
    };
    assert.deepEqual([take(live), take(first), take(second)], [[9], [1, 2, 3, 4, 5], [6, 7, 8]]);
    assert.equal(again.cursor.ranges.length, 1);
  });

  it('reads the cursor from before a line that a kill has torn', async () => {
    const spool = openSpool();
    for (const n of [1, 2, 3]) spool.append(frame(n));
    await spool.durable();
    const range = spool.cursor.ranges[0]!;
    spool.cursor.advance(range, spool.read(range.from)!.next);
    abandon();
    appendFileSync(join(folder.path, 'cursor'), '1234abcd [{"from":{"segm');
    assert.deepEqual(drain(openSpool()), [2, 3]);
  });

  it('splits a notification that is larger than a message may be, and nothing is twice', async () => {
    const spool = openSpool();
    const parts = numbers(1, 40).map((n) => Buffer.from(JSON.stringify({ SequenceNumber: n, text: 'x'.repeat(900) })));
    const head = { ...frame(1).head, lengths: parts.map(({ length }) => length), values: 40, nextSequence: 41 };
    spool.append({ head, body: Buffer.concat(parts) });
    await spool.durable();
    const batch = nextBatch(spool, spool.cursor.ranges[0]!, spool.cursor.oldest, 'test', 10_000)!;
    assert.ok(batch.messages.length > 1 && batch.messages.every(({ bytes }) => bytes.length <= 10_000));
    assert.deepEqual(drain(spool), numbers(1, 40));
  });
});

describe('a frame', () => {
  it('is read back, and is never read from damaged or random bytes', () => {
    const whole = encodeFrame(frame(1, 200));
    const found = decodeFrame(whole, 0);
    assert.ok(found.is === 'whole' && found.length === whole.length && found.frame.head.nextSequence === 2);
    let seed = 42;
    const random = (below: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % below;
    for (let round = 0; round < 50_000; round++) {
      const bytes = Buffer.from(whole);
      for (let flips = 1 + random(4); flips > 0; flips--) bytes[random(bytes.length)]! ^= 1 + random(255);
      if (bytes.equals(whole)) continue;
      assert.notEqual(decodeFrame(bytes, 0).is, 'whole');
      const noise = Buffer.from(Array.from({ length: random(64) }, () => random(256)));
      assert.notEqual(decodeFrame(noise, 0).is, 'whole');
    }
  });
});
