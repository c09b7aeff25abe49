import { createHash } from 'node:crypto';
import { AttributeIds, DataChangeFilter, DataChangeTrigger, DeadbandType, MonitoringMode, TimestampsToReturn } from 'node-opcua';
import type { GroupConfig } from '../config.ts';
import type { Field } from '../pubsub/field.ts';
import type { Report } from '../report.ts';
import type { KeptSubscription } from './kept-subscriptions.ts';
import type { RawSession } from './services.ts';

const itemsPerCall = 500;
/** A server with nothing to tell says so at least this often, in milliseconds. */
const keepAlive = 10_000;

/** Says what is watched and how, so that only a subscription that watches exactly this is taken up again. */
export function fingerprintOf(group: GroupConfig, fields: Field[]): string {
  const { publishingInterval, samplingInterval, queueSize, keepFor } = group;
  const watched = fields.map(({ nodeId, deadband }) => [nodeId, deadband]);
  return createHash('sha256').update(JSON.stringify([publishingInterval, samplingInterval, queueSize, keepFor, watched])).digest('hex');
}

/** A new subscription with a monitored item for each field; the client handle of a field is its place in the list, from 1. */
export async function subscribe(session: RawSession, group: GroupConfig, fields: Field[], report: Report): Promise<KeptSubscription> {
  const maxKeepAliveCount = Math.max(1, Math.round(Math.min(keepAlive, (group.keepFor * 1000) / 3) / group.publishingInterval));
  const created = await session.createSubscription({
    requestedPublishingInterval: group.publishingInterval,
    requestedMaxKeepAliveCount: maxKeepAliveCount,
    requestedLifetimeCount: Math.max(3 * maxKeepAliveCount, Math.ceil((group.keepFor * 1000) / group.publishingInterval)),
    maxNotificationsPerPublish: 1000,
    publishingEnabled: true,
  });
  const kept = (created.revisedLifetimeCount * created.revisedPublishingInterval) / 1000;
  if (kept < group.keepFor * 0.9) report.say(`group ${group.name}: the server keeps the subscription for ${kept} s while nobody is there, not ${group.keepFor} s`);
  await watchAll(session, created.subscriptionId, group, fields, report);
  return {
    id: created.subscriptionId,
    fingerprint: fingerprintOf(group, fields),
    keepAliveTime: created.revisedMaxKeepAliveCount * created.revisedPublishingInterval,
  };
}

async function watchAll(session: RawSession, subscriptionId: number, group: GroupConfig, fields: Field[], report: Report): Promise<void> {
  let [shortest, slowest] = [Infinity, 0];
  for (let at = 0; at < fields.length; at += itemsPerCall) {
    const indexes = fields.slice(at, at + itemsPerCall).map((_, i) => at + i);
    const results = await watch(session, subscriptionId, group, fields, indexes, true);
    // A text has no deadband: such a variable is watched without one rather than not at all.
    const refused = indexes.filter((index, i) => fields[index]!.deadband !== undefined && /Filter|Deadband/.test(results[i]!.status));
    const again = refused.length === 0 ? [] : await watch(session, subscriptionId, group, fields, refused, false);
    if (refused.length > 0) report.say(`group ${group.name}: the server takes no deadband for ${names(fields, refused)}; every change is taken`);
    refused.forEach((index, i) => (results[index - at] = again[i]!));
    const failed = indexes.filter((_, i) => results[i]!.status !== 'Good');
    if (failed.length > 0) report.say(`group ${group.name}: the server does not watch ${names(fields, failed)} (${results[failed[0]! - at]!.status})`);
    for (const { queueSize, samplingInterval } of results.filter(({ status }) => status === 'Good'))
      [shortest, slowest] = [Math.min(shortest, queueSize), Math.max(slowest, samplingInterval)];
  }
  if (shortest < group.queueSize) report.say(`group ${group.name}: the server keeps ${shortest} values of a variable while nobody is there, not ${group.queueSize}`);
  if (slowest > group.samplingInterval) report.say(`group ${group.name}: the server looks every ${slowest} ms at most, not every ${group.samplingInterval} ms; it does not see what is faster`);
}

async function watch(session: RawSession, subscriptionId: number, group: GroupConfig, fields: Field[], indexes: number[], withDeadband: boolean) {
  const response = await session.createMonitoredItems({
    subscriptionId,
    timestampsToReturn: TimestampsToReturn.Both,
    itemsToCreate: indexes.map((index) => ({
      itemToMonitor: { nodeId: fields[index]!.nodeId, attributeId: AttributeIds.Value },
      monitoringMode: MonitoringMode.Reporting,
      requestedParameters: {
        clientHandle: index + 1,
        samplingInterval: group.samplingInterval,
        queueSize: group.queueSize,
        discardOldest: true,
        filter: withDeadband ? filterOf(fields[index]!) : null,
      },
    })),
  });
  return (response.results ?? []).map((result) => ({ status: result.statusCode.name, queueSize: result.revisedQueueSize, samplingInterval: result.revisedSamplingInterval }));
}

function filterOf({ deadband }: Field): DataChangeFilter | null {
  if (deadband === undefined) return null;
  return new DataChangeFilter({
    trigger: DataChangeTrigger.StatusValue,
    deadbandType: deadband.kind === 'absolute' ? DeadbandType.Absolute : DeadbandType.Percent,
    deadbandValue: deadband.value,
  });
}

function names(fields: Field[], indexes: number[]): string {
  const first = indexes.slice(0, 5).map((index) => fields[index]!.name).join(', ');
  return indexes.length > 5 ? `${first} and ${indexes.length - 5} more` : first;
}
