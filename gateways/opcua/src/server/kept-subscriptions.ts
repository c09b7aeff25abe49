import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../spool/files.ts';

/** What a later session must know to take up a subscription. */
export interface KeptSubscription {
  id: number;
  /** Says what is watched and how; a subscription that watches something else is not taken up. */
  fingerprint: string;
  keepAliveTime: number;
}

interface Kept {
  /** When the server was started: numbers of subscriptions mean nothing to a server that was started anew. */
  serverStarted: string;
  groups: Record<string, KeptSubscription>;
}

/** The subscriptions the gateway has at the server, in a small file that survives it. */
export class KeptSubscriptions {
  private readonly path: string;
  private kept: Kept;

  constructor(folder: string) {
    this.path = join(folder, 'subscriptions.json');
    this.kept = this.read();
  }

  get ids(): Set<number> {
    return new Set(Object.values(this.kept.groups).map(({ id }) => id));
  }

  of(group: string): KeptSubscription | undefined {
    return this.kept.groups[group];
  }

  belongTo(serverStarted: string): boolean {
    return this.kept.serverStarted === serverStarted;
  }

  set(serverStarted: string, group: string, subscription: KeptSubscription): void {
    const groups = this.belongTo(serverStarted) ? this.kept.groups : {};
    this.kept = { serverStarted, groups: { ...groups, [group]: subscription } };
    replaceFile(this.path, JSON.stringify(this.kept));
  }

  private read(): Kept {
    try {
      return JSON.parse(readFileSync(this.path, 'utf8')) as Kept;
    } catch {
      // None yet, or not readable: then the gateway subscribes anew, which costs no more than what the server had queued.
      return { serverStarted: '', groups: {} };
    }
  }
}
