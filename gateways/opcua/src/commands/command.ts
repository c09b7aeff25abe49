import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandConfig } from '../command/config.ts';
import { Desk } from '../command/desk.ts';
import { openDoor } from '../command/door.ts';
import { Ledger } from '../command/ledger.ts';
import { Link } from '../command/link.ts';
import { lockFolder } from '../lock.ts';
import { Report } from '../report.ts';
import { TrustStore } from '../server/trust.ts';
import { portOf } from '../status.ts';
import { systemClock } from '../time.ts';

/** Opens the door to what the configuration names, until told to stop. The first line is `ready PORT`. */
export async function command(config: CommandConfig, write: (line: string) => void, stop: AbortSignal): Promise<void> {
  mkdirSync(config.dataFolder, { recursive: true });
  const unlock = lockFolder(config.dataFolder);
  try {
    const ledger = new Ledger(join(config.dataFolder, 'keys.ndjson'));
    const trust = await new TrustStore(config.dataFolder).open();
    const report = new Report(systemClock, write);
    const link = new Link(config.server, trust, report);
    const desk = new Desk(config, link, ledger, report);
    const door = await openDoor(config, desk);
    write(`ready ${portOf(door)}`);
    if (config.server.securityMode === 'None') report.say('server: no security; who the server is cannot be known, and anyone on the network can command it');
    try {
      await link.keep(stop, (session) => desk.look(session));
    } finally {
      door.closeAllConnections();
      door.close();
      await trust.close();
      ledger.close();
    }
  } finally {
    unlock();
  }
}
