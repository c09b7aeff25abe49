import { join } from 'node:path';
import { Forwarder } from '../broker/forwarder.ts';
import type { Config } from '../config.ts';
import { lockFolder } from '../lock.ts';
import { MetadataStore } from '../pubsub/metadata.ts';
import { Report } from '../report.ts';
import { Collector } from '../server/collector.ts';
import { KeptSubscriptions } from '../server/kept-subscriptions.ts';
import { TrustStore } from '../server/trust.ts';
import { Spool } from '../spool/spool.ts';
import { portOf, serveStatus, statusOf } from '../status.ts';
import { systemClock } from '../time.ts';

/** Collects and forwards until told to stop. The two sides meet in the spool and nowhere else. */
export async function run(config: Config, write: (line: string) => void, stop: AbortSignal): Promise<void> {
  const unlock = lockFolder(config.dataFolder);
  const report = new Report(systemClock, write);
  const spool = new Spool(join(config.dataFolder, 'spool'), config.spool, report);
  const metadata = new MetadataStore(join(config.dataFolder, 'metadata'), systemClock);
  const kept = new KeptSubscriptions(config.dataFolder);
  const trust = await new TrustStore(config.dataFolder).open();
  if (spool.bytesWaiting > 0) report.say(`spool: ${spool.bytesWaiting} bytes wait from before`);
  if (config.server.securityMode === 'None') report.say('server: no security; who the server is cannot be known, and anyone on the network can read along');
  const collector = new Collector(config, trust, spool, metadata, kept, report, systemClock);
  const forwarder = new Forwarder(config.broker, config.publisherId, spool, metadata, join(config.dataFolder, 'refused.ndjson'), report, systemClock);
  const status = config.statusPort === undefined ? undefined : await serveStatus(config.statusPort, () => statusOf(report, spool, config.spool.maxBytes));
  if (status !== undefined) report.say(`status: http://127.0.0.1:${portOf(status)}/status`);
  try {
    await Promise.all([collector.run(stop), forwarder.run(stop)]);
  } finally {
    status?.close();
    spool.close();
    await trust.close();
    unlock();
  }
}
