import { existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { coerceInt32, DataType, nodesets, OPCUACertificateManager, OPCUAServer, standardUnits, StatusCodes, Variant, VariantArrayType, type CallMethodResultOptions, type UAMethod, type UAObject, type UAObjectType, type UAVariable } from 'node-opcua';

export type Fault = 'None' | 'Hang' | 'DropReply' | 'DuplicateReply' | 'Delay' | 'NotANumber' | 'WrongUnit' | 'LieReady' | 'Garbage';

interface Wish {
  temperature: number;
  time: number;
  amount: number;
  sample: string;
}

interface Run extends Wish {
  key: string;
  id: string;
  job: string;
  kind: 'React' | 'Rinse';
  started: number;
  stopped: number | undefined;
  yieldPercent: number | undefined;
}

const work = 100;
const forever = 1_000_000_000;

/**
 * A LADS device with one functional unit, Vessel, whose program React gives a yield for a temperature (°C), a time (min) and an amount (mmol), and a pump with
 * plain methods. Each begin and end is on the disk before it is told, so a killed device remembers what it executed; a run that had begun and not
 * ended has failed.
 */
export class Reactor {
  fault: Fault = 'None';
  /** Cuts the line to whoever has just called. */
  cutLine: () => void = () => undefined;
  private readonly runs: Run[] = [];
  private readonly file: number;
  private busy: Run | undefined;
  private timer: NodeJS.Timeout | undefined;
  private finish: () => void = () => undefined;
  private isHeld = false;
  private isAborted = false;
  private lads = 0;
  private unit!: UAObject;
  private readonly rinsed: { status: number; lastKey: string; volume: number } = { status: 0, lastKey: '', volume: 0 };

  private constructor(
    private readonly server: OPCUAServer,
    path: string,
  ) {
    for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) if (line !== '') this.remember(JSON.parse(line) as Partial<Run> & { key: string });
    this.file = openSync(path, 'a');
    // What had begun when the power went has an end without a yield.
    for (const run of this.runs) run.stopped ??= run.started;
  }

  static async start(port: number, folder: string): Promise<Reactor> {
    const certificates = new OPCUACertificateManager({ rootFolder: join(folder, 'pki'), automaticallyAcceptUnknownCertificate: true, disableFileWatchers: true });
    await certificates.initialize();
    const server = new OPCUAServer({
      port,
      hostname: '127.0.0.1',
      nodeset_filename: [nodesets.standard, nodesets.di, nodesets.ia, nodesets.amb, nodesets.machinery, nodesets.lads],
      serverCertificateManager: certificates,
      disableDiscovery: true,
      maxConnectionsPerEndpoint: 50,
      serverCapabilities: { maxSessions: 50 },
    });
    await server.initialize();
    const reactor = new Reactor(server, join(folder, 'executed.ndjson'));
    reactor.build();
    await server.start();
    return reactor;
  }

  /** How often it has executed anything, over all its restarts. */
  get executions(): number {
    return this.runs.length;
  }

  get isBusy(): boolean {
    return this.busy !== undefined;
  }

  get keys(): string[] {
    return this.runs.map(({ key }) => key);
  }

  /** Lets what begins from now on run until it is released. */
  hold(): void {
    this.isHeld = true;
  }

  release(): void {
    this.isHeld = false;
    clearTimeout(this.timer);
    if (this.isBusy) this.finish();
  }

  /** What a person does after an abort. */
  clear(): void {
    this.isAborted = false;
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    await this.server.shutdown(0);
  }

  private build(): void {
    const space = this.server.engine.addressSpace!;
    const own = space.getOwnNamespace();
    this.lads = space.getNamespaceIndex('http://opcfoundation.org/UA/LADS/');
    const type = (name: string) => space.findObjectType(name, this.lads) as UAObjectType;
    const devices = space.rootFolder.objects.getFolderElementByName('DeviceSet') ?? space.findNode(`ns=${space.getNamespaceIndex('http://opcfoundation.org/UA/DI/')};i=5001`);
    const device = type('LADSDeviceType').instantiate({ componentOf: devices as UAObject, browseName: 'Reactor', nodeId: 's=Reactor' });
    this.unit = type('FunctionalUnitType').instantiate({
      componentOf: device.getChildByName('FunctionalUnitSet') as UAObject,
      browseName: 'Vessel',
      nodeId: 's=Reactor.Vessel',
      optionals: ['ProgramManager', 'FunctionalUnitState.StartProgram', 'FunctionalUnitState.Stop', 'FunctionalUnitState.Abort', 'FunctionalUnitState.Clear', 'ProgramManager.ActiveProgram.DeviceProgramRunId'],
    });
    const machine = this.child(this.unit, 'FunctionalUnitState');
    const method = (name: string, answer: (inputs: Variant[]) => CallMethodResultOptions) =>
      (machine.getMethodByName(name) as UAMethod).bindMethod((inputs, _context, done) => done(null, answer(inputs)));
    method('StartProgram', (inputs) => this.startProgram(inputs));
    method('Stop', () => this.halt('React', false));
    method('Abort', () => this.halt('React', true));
    method('Clear', () => {
      this.clear();
      return { statusCode: StatusCodes.Good };
    });
    const state = machine.getChildByName('CurrentState') as UAVariable;
    state.bindVariable({ get: () => new Variant({ dataType: DataType.LocalizedText, value: { text: `Zustand ${this.stateName}` } }) }, true);
    const stateIds = new Map(['Stopped', 'Running', 'Aborted'].map((name) => [name, type('FunctionalStateMachineType').getChildByName(name)!.nodeId]));
    (state.getChildByName('Id') as UAVariable).bindVariable({ get: () => new Variant({ dataType: DataType.NodeId, value: stateIds.get(this.stateName) }) }, true);
    const active = this.child(this.unit, 'ProgramManager', 'ActiveProgram').getChildByName('DeviceProgramRunId') as UAVariable;
    active.bindVariable({ get: () => new Variant({ dataType: DataType.String, value: this.busy?.id ?? '' }) }, true);
    this.buildPump(own.addObject({ organizedBy: space.rootFolder.objects, browseName: 'Pump', nodeId: 's=Pump' }) as UAObject);
    for (const run of this.runs.filter(({ kind }) => kind === 'React').slice(-500)) this.addResult(run);
  }

  private buildPump(pump: UAObject): void {
    const own = this.server.engine.addressSpace!.getOwnNamespace();
    const argument = (name: string, dataType: DataType) => ({ name, dataType, description: { text: name } });
    const add = (name: string, inputs: [string, DataType][], outputs: [string, DataType][], answer: (inputs: Variant[]) => CallMethodResultOptions, delay = 0) =>
      own
        .addMethod(pump, { browseName: name, nodeId: `s=Pump.${name}`, inputArguments: inputs.map(([n, t]) => argument(n, t)), outputArguments: outputs.map(([n, t]) => argument(n, t)) })
        .bindMethod((given, _context, done) => void setTimeout(() => done(null, answer(given)), delay));
    const variable = (name: string, dataType: DataType, get: () => unknown) =>
      own.addVariable({ componentOf: pump, browseName: name, nodeId: `s=Pump.${name}`, dataType }).bindVariable({ get: () => new Variant({ dataType, value: get() }) }, true);
    variable('Status', DataType.Int32, () => coerceInt32(this.fault === 'LieReady' ? 0 : this.rinsed.status));
    variable('LastKey', DataType.String, () => this.rinsed.lastKey);
    variable('Rinsed', DataType.Double, () => this.rinsed.volume);
    add('Rinse', [['TaskId', DataType.String], ['Volume', DataType.Double]], [], ([key, volume]) => this.rinse(key!.value as string, volume!.value as number));
    add('Halt', [], [], () => this.halt('Rinse', false));
    add('Weigh', [['Times', DataType.UInt16]], [['Mass', DataType.Double]], ([times]) => this.weigh(times!.value as number));
    add('WeighSlowly', [['Times', DataType.UInt16]], [['Mass', DataType.Double]], ([times]) => this.weigh(times!.value as number), 1500);
  }

  private startProgram([template, properties, job, key, samples]: Variant[]): CallMethodResultOptions {
    if (this.isBusy || this.isAborted) return { statusCode: StatusCodes.BadInvalidState };
    const given = new Map(((properties!.value ?? []) as { key: string; value: string }[]).map((pair) => [pair.key, Number(pair.value)]));
    const wish = { temperature: given.get('Temperature') ?? Number.NaN, time: given.get('Time') ?? Number.NaN, amount: given.get('Amount') ?? Number.NaN };
    const sample = ((samples!.value ?? []) as { sampleId?: string | null }[])[0]?.sampleId ?? '';
    if (template!.value !== 'React' || !(wish.temperature >= 20 && wish.temperature <= 90) || !(wish.time > 0) || !(wish.amount > 0)) return { statusCode: StatusCodes.BadInvalidArgument };
    const run = this.begin({ ...wish, sample, key: key!.value as string, job: job!.value as string, kind: 'React' });
    const result = this.addResult(run);
    this.finish = () => {
      this.end(run, yieldOf(run));
      result.finish();
    };
    this.timer = setTimeout(this.finish, this.isHeld ? forever : work);
    if (this.fault === 'DropReply') this.cutLine();
    return { statusCode: StatusCodes.Good, outputArguments: [new Variant({ dataType: DataType.String, value: run.id })] };
  }

  private rinse(key: string, volume: number): CallMethodResultOptions {
    if (this.isBusy) return { statusCode: StatusCodes.BadInvalidState };
    const run = this.begin({ key, kind: 'Rinse', temperature: 20, time: 0, amount: volume, sample: '', job: '' });
    this.rinsed.status = 1;
    this.rinsed.lastKey = key;
    this.finish = () => {
      this.end(run, undefined);
      this.rinsed.status = 0;
      this.rinsed.volume = volume;
    };
    this.timer = setTimeout(this.finish, this.isHeld ? forever : work);
    if (this.fault === 'DropReply') this.cutLine();
    return { statusCode: StatusCodes.Good };
  }

  private weigh(times: number): CallMethodResultOptions {
    this.end(this.begin({ key: `weighing-${this.runs.length}`, kind: 'Rinse', temperature: 20, time: 0, amount: times, sample: '', job: '' }), undefined);
    if (this.fault === 'DropReply') this.cutLine();
    return { statusCode: StatusCodes.Good, outputArguments: [new Variant({ dataType: DataType.Double, value: this.fault === 'NotANumber' ? Number.NaN : 12.5 * times })] };
  }

  private halt(kind: Run['kind'], isAbort: boolean): CallMethodResultOptions {
    const running = this.busy?.kind === kind ? this.busy : undefined;
    if (running === undefined && !isAbort) return { statusCode: StatusCodes.BadInvalidState };
    if (running !== undefined) {
      clearTimeout(this.timer);
      this.end(running, undefined);
      this.rinsed.status = 0;
    }
    this.isAborted ||= isAbort;
    return { statusCode: StatusCodes.Good };
  }

  private begin(run: Omit<Run, 'id' | 'started' | 'stopped' | 'yieldPercent'>): Run {
    const begun: Run = { ...run, id: `run-${this.runs.length + 1}`, started: Date.now(), stopped: undefined, yieldPercent: undefined };
    this.write(begun);
    this.runs.push(begun);
    return (this.busy = begun);
  }

  private end(run: Run, yieldPercent: number | undefined): void {
    run.stopped = Date.now();
    run.yieldPercent = yieldPercent;
    this.write({ key: run.key, id: run.id, stopped: run.stopped, yieldPercent });
    this.busy = undefined;
  }

  private write(line: object): void {
    writeSync(this.file, `${JSON.stringify(line)}\n`);
    fsyncSync(this.file);
  }

  private remember(line: Partial<Run> & { key: string }): void {
    const run = this.runs.find(({ id }) => id === line.id);
    if (run === undefined) this.runs.push({ ...(line as Run), stopped: undefined, yieldPercent: undefined });
    else Object.assign(run, line);
  }

  private get stateName(): string {
    if (this.isAborted) return 'Aborted';
    return this.busy?.kind === 'React' && this.fault !== 'LieReady' ? 'Running' : 'Stopped';
  }

  /** A member of the ResultSet; its yield is there once the run is complete. */
  private addResult(run: Run): { finish(): void } {
    const space = this.server.engine.addressSpace!;
    const type = space.findObjectType('ResultType', this.lads) as UAObjectType;
    const result = type.instantiate({ componentOf: this.child(this.unit, 'ProgramManager', 'ResultSet'), browseName: run.id, optionals: ['DeviceProgramRunId'] });
    const set = (name: string, dataType: DataType, get: () => unknown) => (result.getChildByName(name) as UAVariable).bindVariable({ get: () => new Variant({ dataType, value: get() }) }, true);
    set('SupervisoryTaskId', DataType.String, () => run.key);
    set('SupervisoryJobId', DataType.String, () => run.job);
    set('DeviceProgramRunId', DataType.String, () => run.id);
    set('Started', DataType.DateTime, () => new Date(run.started));
    set('Stopped', DataType.DateTime, () => (run.stopped === undefined ? null : new Date(run.stopped)));
    const samples = [space.constructExtensionObject(space.findDataType('SampleInfoType', this.lads)!, { containerId: '', sampleId: run.sample, position: '', customData: '' })];
    (result.getChildByName('Samples') as UAVariable).setValueFromSource(new Variant({ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value: samples }));
    const template = this.child(result, 'ProgramTemplate').getChildByName('DeviceTemplateId') as UAVariable;
    template.setValueFromSource(new Variant({ dataType: DataType.String, value: 'React' }));
    const finish = () => {
      if (run.yieldPercent === undefined) return;
      const units = this.fault === 'WrongUnit' ? standardUnits.gram : standardUnits.percent;
      const value = this.fault === 'NotANumber' ? Number.NaN : run.yieldPercent;
      space.getOwnNamespace().addAnalogDataItem({ componentOf: this.child(result, 'VariableSet'), browseName: 'Yield', dataType: 'Double', engineeringUnits: units, engineeringUnitsRange: { low: 0, high: 100 }, value: new Variant({ dataType: DataType.Double, value }) });
    };
    finish();
    return { finish };
  }

  private child(parent: UAObject, ...names: string[]): UAObject {
    return names.reduce((node, name) => node.getChildByName(name) as UAObject, parent);
  }
}

/**
 * A -> B -> C, both of first order, with rates that double every 10 and every 7 K: the yield of B in percent, which too much heat or time destroys.
 * An amount above some 50 mmol mixes badly.
 */
export function yieldOf({ temperature, time, amount }: Wish): number {
  const [k1, k2] = [0.02 * 2 ** ((temperature - 60) / 10), 0.002 * 2 ** ((temperature - 60) / 7)];
  const mixing = 1 / (1 + (amount / 100) ** 2);
  return 100 * mixing * (k1 / (k2 - k1)) * (Math.exp(-k1 * time) - Math.exp(-k2 * time));
}

