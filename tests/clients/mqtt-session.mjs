// npm's mqtt client against a node: publishes at every QoS, takes the messages back, leaves a will, resumes a session.
// Usage: node mqtt-session.mjs '{"url":"mqtt://…","password":"…","version":4|5}'; prints one JSON line per thing seen.
import mqtt from 'mqtt'

const { url, password, version } = JSON.parse(process.argv[2])
const say = seen => process.stdout.write(JSON.stringify(seen) + '\n')
const connect = options => mqtt.connectAsync(url, { username: 'any', password, protocolVersion: version, reconnectPeriod: 0, connectTimeout: 20000, ...options })
const until = condition => new Promise((resolve, reject) => {
  const end = Date.now() + 30000
  const look = () => condition() ? resolve() : Date.now() > end ? reject(new Error('It did not come about.')) : setTimeout(look, 10)
  look()
})

const refused = await mqtt.connectAsync(url, { username: 'any', password: 'wrong', protocolVersion: version, reconnectPeriod: 0 }).then(() => 'taken', error => error.code)
say({ refused })

const durable = version === 5 ? { clean: false, properties: { sessionExpiryInterval: 600 } } : { clean: false }
let watcher = await connect({ clientId: `watcher-${version}`, ...durable })
const seen = []
const keep = (topic, payload, packet) => seen.push({ topic, payload: payload.toString(), qos: packet.qos, retain: packet.retain, type: packet.properties?.contentType })
watcher.on('message', keep)
await watcher.subscribeAsync(`site${version}/#`, { qos: 2 })

const sender = await connect({ clientId: `sender-${version}` })
for (const qos of [0, 1, 2]) {
  await sender.publishAsync(`site${version}/press`, `qos ${qos}`, { qos, retain: qos === 2, properties: version === 5 ? { contentType: 'text/plain' } : undefined })
}
await until(() => seen.length === 3)
for (const message of seen) say(message)

const late = await connect({ clientId: `late-${version}` })
late.on('message', (topic, payload, packet) => say({ retained: payload.toString(), retain: packet.retain }))
await late.subscribeAsync(`site${version}/+`, { qos: 1 })

seen.length = 0
const weak = await connect({ clientId: `weak-${version}`, will: { topic: `site${version}/will`, payload: 'gone', qos: 1, retain: false } })
weak.stream.destroy()
await until(() => seen.length === 1)
say({ will: seen[0].payload })

await watcher.endAsync()
await sender.publishAsync(`site${version}/press`, 'while away', { qos: 1 })
seen.length = 0
const again = mqtt.connect(url, { username: 'any', password, protocolVersion: version, reconnectPeriod: 0, clientId: `watcher-${version}`, ...durable })
again.on('message', keep)
again.on('connect', packet => say({ resumed: packet.sessionPresent }))
await until(() => seen.length === 1)
say({ kept: seen[0].payload })
for (const client of [again, late, sender]) await client.endAsync()
