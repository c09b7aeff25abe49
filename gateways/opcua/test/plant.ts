// The press on a port of its own, for tests in another language: plant.js PORT FOLDER. A number on a line of the standard input is counted to.
import { createInterface } from 'node:readline';
import { PlantServer } from './plant-server.ts';

console.log = console.error; // what libraries print is not for the test
const [port, folder] = process.argv.slice(2);
const server = await PlantServer.start(Number(port), folder!);
process.stdout.write('ready\n');
for await (const line of createInterface(process.stdin)) {
  server.count(Number(line));
  // One notification a value would do; that each is seen is what the test is about.
  await new Promise((resolve) => setTimeout(resolve, 2));
}
process.exit(0);
