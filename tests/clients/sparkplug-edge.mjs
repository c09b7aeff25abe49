// An edge node made with sparkplug-client: births with a device, one value a line of input, then a belated one, and it dies with its input.
// Usage: node sparkplug-edge.mjs '{"url":"mqtt://…","password":"…"}'; prints a JSON line for each thing it sees.
import { createInterface } from 'node:readline'
import sparkplug from 'sparkplug-client'

const { url, password } = JSON.parse(process.argv[2])
const say = seen => process.stdout.write(JSON.stringify(seen) + '\n')
const config = { serverUrl: url, username: 'any', password, groupId: 'plant', edgeNode: 'edge1', clientId: 'edge1', version: 'spBv1.0', publishDeath: true }
const client = sparkplug.newClient(config)
const temperature = (value, more) => ({ name: 'Temp', alias: 1, type: 'Double', value, ...more })
const birth = () => {
  const now = Date.now()
  client.publishNodeBirth({ timestamp: now, metrics: [{ name: 'Node Control/Rebirth', type: 'Boolean', value: false }, { name: 'Uptime', type: 'UInt32', value: 7 }] })
  client.publishDeviceBirth('press', { timestamp: now, metrics: [temperature(20, { properties: { engUnit: { type: 'String', value: 'degC' }, engLow: { type: 'Double', value: 0 }, engHigh: { type: 'Double', value: 90 } } }), { name: 'State', type: 'String', value: 'running' }] })
  say({ born: true })
}
client.on('birth', birth)
client.on('ncmd', payload => {
  if (payload.metrics.some(metric => metric.name === 'Node Control/Rebirth' && metric.value === true)) {
    say({ rebirth: true })
    birth()
  }
})
client.on('error', error => say({ error: String(error) }))
for await (const line of createInterface({ input: process.stdin })) {
  const { value, skip, historical } = JSON.parse(line)
  if (skip) client.incrementSeqNum() // a message that got lost
  client.publishDeviceData('press', { timestamp: historical ?? Date.now(), metrics: [temperature(value, historical ? { timestamp: historical, isHistorical: true } : {})] })
}
client.stop()
setTimeout(() => process.exit(0), 500)
