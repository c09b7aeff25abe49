import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../spool/files.ts';
import type { Clock } from '../time.ts';
import { fieldMetaData, type Field } from './field.ts';

export type Version = [major: number, minor: number];

interface Kept {
  version: Version;
  name: string;
  fields: Field[];
}

/** Older versions than this many are needed by no spool that is still being forwarded. */
const keptVersions = 200;
/** A VersionTime counts seconds from here. */
const versionEpoch = Date.UTC(2000, 0, 1);

/**
 * What the fields of each writer are, in every version that messages on disk may still refer to. A new version comes
 * only when something changed, so that a restart does not look like a change.
 */
export class MetadataStore {
  private readonly current = new Map<number, Kept>();

  constructor(
    private readonly folder: string,
    private readonly clock: Clock,
  ) {
    mkdirSync(folder, { recursive: true });
    for (const file of readdirSync(folder)) {
      const match = /^(\d+)-(\d+)-(\d+)\.json$/.exec(file);
      if (match === null) continue;
      const kept = this.read(file);
      const writer = Number(match[1]);
      const known = this.current.get(writer);
      if (known === undefined || isNewer(kept.version, known.version)) this.current.set(writer, kept);
    }
  }

  /** The version that describes these fields; a new one where they differ from the last. */
  versionOf(writer: number, name: string, fields: Field[]): { version: Version; isNew: boolean } {
    const known = this.current.get(writer);
    if (known !== undefined && known.name === name && JSON.stringify(known.fields) === JSON.stringify(fields))
      return { version: known.version, isNew: false };
    const kept: Kept = { version: this.nextVersion(known, fields), name, fields };
    replaceFile(this.path(writer, kept.version), JSON.stringify(kept));
    this.current.set(writer, kept);
    this.prune(writer);
    return { version: kept.version, isNew: true };
  }

  /** The ua-metadata message of a version, or nothing where it was never known or is long gone. */
  message(writer: number, version: Version, publisherId: string): string | undefined {
    const known = this.current.get(writer);
    let kept: Kept;
    if (known !== undefined && known.version.join() === version.join()) kept = known;
    else {
      try {
        kept = this.read(fileName(writer, version));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    }
    return JSON.stringify({
      // The same metadata has the same id: a repetition can be told from a change.
      MessageId: `${publisherId}-metadata-${writer}-${version[0]}-${version[1]}`,
      MessageType: 'ua-metadata',
      PublisherId: publisherId,
      DataSetWriterId: writer,
      DataSetWriterName: kept.name,
      Timestamp: this.clock.now().toISOString(),
      MetaData: {
        Name: kept.name,
        Fields: kept.fields.map(fieldMetaData),
        ConfigurationVersion: { MajorVersion: version[0], MinorVersion: version[1] },
      },
    });
  }

  /** Part 14, 6.2.3.2.6: fields added at the end change the minor version alone; whatever else changed, both. */
  private nextVersion(known: Kept | undefined, fields: Field[]): Version {
    const now = Math.floor((this.clock.now().getTime() - versionEpoch) / 1000);
    if (known === undefined) return [now, now];
    // Two changes in one second, or a clock that went back, still give a later version.
    const next = Math.max(now, known.version[0] + 1, known.version[1] + 1);
    const isExtension = JSON.stringify(fields.slice(0, known.fields.length)) === JSON.stringify(known.fields);
    return isExtension ? [known.version[0], next] : [next, next];
  }

  private prune(writer: number): void {
    const versions = readdirSync(this.folder)
      .filter((file) => file.startsWith(`${writer}-`) && file.endsWith('.json'))
      .sort((a, b) => (isNewer(versionIn(a), versionIn(b)) ? 1 : -1));
    for (const file of versions.slice(0, -keptVersions)) rmSync(join(this.folder, file), { force: true });
  }

  private read(file: string): Kept {
    return JSON.parse(readFileSync(join(this.folder, file), 'utf8')) as Kept;
  }

  private path(writer: number, version: Version): string {
    return join(this.folder, fileName(writer, version));
  }
}

function fileName(writer: number, [major, minor]: Version): string {
  return `${writer}-${major}-${minor}.json`;
}

function versionIn(file: string): Version {
  const [, major, minor] = file.replace('.json', '').split('-').map(Number);
  return [major!, minor!];
}

function isNewer(a: Version, b: Version): boolean {
  return a[0] !== b[0] ? a[0] > b[0] : a[1] > b[1];
}
