// Node-RED with a flow of its own MQTT nodes: one publishes readings at QoS 1, one listens at QoS 2 and says what it hears.
// Usage: node session.cjs '{"host":"127.0.0.1","port":1883,"password":"…","version":"4"|"5","readings":[1,2]}'; prints one JSON line per thing seen.
const fs = require('node:fs')
const http = require('node:http')
const os = require('node:os')
const path = require('node:path')
const RED = require('node-red')

const { host, port, password, version, readings } = JSON.parse(process.argv[2])
const say = seen => process.stdout.write(JSON.stringify(seen) + '\n')
const userDir = fs.mkdtempSync(path.join(os.tmpdir(), 'dure-node-red-'))
const server = http.createServer()

const broker = { id: 'broker', type: 'mqtt-broker', name: 'node', broker: host, port: `${port}`, clientid: `red-${version}`, protocolVersion: version, keepalive: '60', cleansession: true, autoConnect: true, usetls: false }
const flow = [
  { id: 'tab', type: 'tab', label: 'session', disabled: false },
  broker,
  { id: 'out', type: 'mqtt out', z: 'tab', topic: 'red/press/temperature', qos: '1', retain: 'false', broker: 'broker', wires: [] },
  { id: 'in', type: 'mqtt in', z: 'tab', topic: 'red/#', qos: '2', datatype: 'auto-detect', broker: 'broker', inputs: 0, wires: [['heard']] },
  { id: 'heard', type: 'function', z: 'tab', func: 'global.get("heard")(msg); return null;', outputs: 1, wires: [[]] },
]

const heard = []
const isDone = () => heard.length >= readings.length
const until = async condition => {
  for (const end = Date.now() + 60000; !condition();) {
    if (Date.now() > end) throw new Error('It did not come about.')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

async function run() {
  fs.writeFileSync(path.join(userDir, 'flows.json'), JSON.stringify(flow))
  fs.writeFileSync(path.join(userDir, 'flows_cred.json'), JSON.stringify({ broker: { user: 'any', password } }), { mode: 0o600 })
  RED.init(server, {
    userDir, httpAdminRoot: false, httpNodeRoot: false, flowFile: 'flows.json', credentialSecret: false, logging: { console: { level: 'off' } },
    functionGlobalContext: { heard: message => { heard.push(message); say({ topic: message.topic, payload: message.payload, qos: message.qos }) } },
  })
  await RED.start()
  await until(() => RED.nodes.getNode('broker')?.connected)
  await until(() => RED.nodes.getNode('in')?.isConnected ?? true)
  await new Promise(resolve => setTimeout(resolve, 500)) // Node-RED does not tell when its subscription was granted
  for (const reading of readings) RED.nodes.getNode('out').receive({ payload: reading })
  await until(isDone)
  await RED.stop()
}

run().then(() => 0, error => { console.error(error); return 1 }).then(code => {
  fs.rmSync(userDir, { recursive: true, force: true })
  process.exit(code)
})
