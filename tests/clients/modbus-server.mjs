// Serves a Modbus TCP device with modbus-serial on a free loopback port, prints the port, and ends when its input ends.
// Holding 0-1: 21.5 as float32, most significant word first; 2-3: the same, least significant word first; 10: -7; 20 and on: nothing there.
// Input 5: 0b1000. Coils: the odd ones are on.
import modbus from 'modbus-serial'

const bytes = Buffer.alloc(4)
bytes.writeFloatBE(21.5)
const holding = new Map([[0, bytes.readUInt16BE(0)], [1, bytes.readUInt16BE(2)], [2, bytes.readUInt16BE(2)], [3, bytes.readUInt16BE(0)], [10, 65536 - 7]])
const illegal = () => Object.assign(new Error('no such register'), { modbusErrorCode: 2 })
const vector = {
  getHoldingRegister: address => { if (address >= 20) throw illegal(); return holding.get(address) ?? 0 },
  getInputRegister: address => address === 5 ? 8 : 0,
  getCoil: address => address % 2 === 1,
  getDiscreteInput: address => address % 2 === 0,
}
const server = new modbus.ServerTCP(vector, { host: '127.0.0.1', port: 0, unitID: 7 })
server.on('initialized', () => console.log(server._server.address().port))
server.on('socketError', () => {})
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
