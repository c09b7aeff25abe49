import { createServer } from 'node:net';
import { join } from 'node:path';
import { DataType, MessageSecurityMode, nodesets, OPCUACertificateManager, OPCUAServer, Range, SecurityPolicy, standardUnits, StatusCodes, Variant, VariantArrayType, type UAVariable } from 'node-opcua';

/** A press with a temperature, a counter and a state, on a real OPC UA server. */
export class PlantServer {
  private constructor(
    private readonly server: OPCUAServer,
    readonly temperature: UAVariable,
    readonly counter: UAVariable,
    readonly state: UAVariable,
    readonly wide: UAVariable,
  ) {}

  static async start(port: number, folder: string): Promise<PlantServer> {
    const certificates = new OPCUACertificateManager({ rootFolder: join(folder, 'pki'), automaticallyAcceptUnknownCertificate: true, disableFileWatchers: true });
    await certificates.initialize();
    const server = new OPCUAServer({
      port,
      hostname: '127.0.0.1',
      nodeset_filename: [nodesets.standard],
      serverCertificateManager: certificates,
      securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
      securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
      disableDiscovery: true,
      // Every change is told, however fast they come.
      serverCapabilities: { minSupportedSampleRate: 0 },
      userManager: { isValidUser: (user: string, password: string) => user === 'gateway' && password === 'open sesame' },
    });
    await server.initialize();
    const space = server.engine.addressSpace!;
    const own = space.getOwnNamespace();
    const press = own.addObject({ organizedBy: space.rootFolder.objects, browseName: 'Press1', nodeId: 's=Press1' });
    const temperature = own.addAnalogDataItem({
      componentOf: press,
      browseName: 'Temperature',
      nodeId: 's=Press1.Temperature',
      dataType: 'Double',
      engineeringUnitsRange: { low: -20, high: 400 },
      engineeringUnits: standardUnits.degree_celsius,
      value: new Variant({ dataType: DataType.Double, value: 20.5 }),
    }) as unknown as UAVariable;
    const variable = (name: string, dataType: string, value: Variant) =>
      own.addVariable({ componentOf: press, browseName: name, nodeId: `s=Press1.${name}`, dataType, value, minimumSamplingInterval: 0 }) as UAVariable;
    const counter = variable('Counter', 'UInt32', new Variant({ dataType: DataType.UInt32, value: 0 }));
    const state = variable('State', 'String', new Variant({ dataType: DataType.String, value: 'idle' }));
    const wide = variable('Wide', 'Int64', new Variant({ dataType: DataType.Int64, arrayType: VariantArrayType.Scalar, value: [0, 0] }));
    await server.start();
    return new PlantServer(server, temperature, counter, state, wide);
  }

  count(value: number): void {
    this.counter.setValueFromSource(new Variant({ dataType: DataType.UInt32, value }), StatusCodes.Good, new Date());
  }

  heat(value: number, at = new Date()): void {
    this.temperature.setValueFromSource(new Variant({ dataType: DataType.Double, value }), StatusCodes.Good, at);
  }

  widen(value: [high: number, low: number]): void {
    this.wide.setValueFromSource(new Variant({ dataType: DataType.Int64, arrayType: VariantArrayType.Scalar, value }));
  }

  /** What an engineer does who fits another sensor. */
  changeRange(low: number, high: number): void {
    const range = this.temperature.getPropertyByName('EURange') as UAVariable;
    range.setValueFromSource(new Variant({ dataType: DataType.ExtensionObject, value: new Range({ low, high }) }));
  }

  get subscriptions(): number {
    return this.server.engine.currentSubscriptionCount;
  }

  async stop(): Promise<void> {
    await this.server.shutdown(0);
  }
}

/** A port that is free now; a server that is to come back on its port needs one of its own. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
