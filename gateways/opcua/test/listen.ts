// Prints what a broker hands on, a line a message: listen.js ADDRESS TOPIC, the password in DURE_TOKEN.
import { connect } from 'mqtt';

const [address, topic] = process.argv.slice(2);
const client = connect(address!, { protocolVersion: 5, username: 'listener', password: process.env['DURE_TOKEN'] ?? '' });
client.on('connect', () => client.subscribe(topic!, { qos: 1 }, (error) => process.stdout.write(error ? `refused ${error.message}\n` : 'listening\n')));
client.on('message', (_, payload) => process.stdout.write(`${payload.toString()}\n`));
client.on('error', (error) => process.stderr.write(`${error.message}\n`));
