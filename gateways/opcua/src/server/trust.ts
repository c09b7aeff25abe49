import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OPCUACertificateManager } from 'node-opcua';
import { Problem } from '../problem.ts';
import { pause } from '../time.ts';

export interface KnownCertificate {
  state: 'trusted' | 'rejected';
  thumbprint: string;
  subject: string;
  applicationUri: string;
  validFrom: string;
  validTo: string;
  der: Buffer;
}

/** Which servers the gateway believes. A server nobody has vouched for is refused, and kept for a person to look at. */
export class TrustStore {
  readonly folder: string;
  readonly manager: OPCUACertificateManager;

  constructor(dataFolder: string) {
    this.folder = join(dataFolder, 'pki');
    this.manager = new OPCUACertificateManager({ rootFolder: this.folder, automaticallyAcceptUnknownCertificate: false, disableFileWatchers: true });
  }

  async open(): Promise<this> {
    await this.manager.initialize();
    return this;
  }

  async close(): Promise<void> {
    await this.manager.dispose();
  }

  list(): KnownCertificate[] {
    return [...this.read('trusted', join(this.folder, 'trusted', 'certs')), ...this.read('rejected', join(this.folder, 'rejected'))];
  }

  async trust(thumbprint: string): Promise<KnownCertificate> {
    const certificate = this.find(thumbprint);
    await this.manager.trustCertificate(certificate.der);
    return certificate;
  }

  async reject(thumbprint: string): Promise<KnownCertificate> {
    const certificate = this.find(thumbprint);
    await this.manager.rejectCertificate(certificate.der);
    return certificate;
  }

  /** Returns when the certificate is trusted and in order; otherwise says who the server claims to be and what to do. */
  async demand(der: Buffer, endpoint: string): Promise<void> {
    // `trust` is given in a process of its own while this one runs.
    await this.manager.reloadCertificates();
    const status = (await this.manager.checkCertificate(der)).name;
    if (status === 'Good') return;
    const { thumbprint, subject, validFrom, validTo } = describe(der, 'rejected');
    const who = `${subject}, thumbprint ${thumbprint}`;
    if (status === 'BadCertificateUntrusted' || status === 'BadCertificateChainIncomplete' || status === 'BadSecurityChecksFailed')
      throw new Problem(
        `The server's certificate is not trusted (${status}): ${who}`,
        endpoint,
        `compare the thumbprint with the one the server's own pages show; if it is the same, run: dure-opcua trust add ${thumbprint}`,
      );
    if (status === 'BadCertificateTimeInvalid')
      throw new Problem(`The server's certificate is valid from ${validFrom} to ${validTo}, and not now: ${who}`, endpoint, 'give the server a new certificate, or mend the clock that is wrong');
    throw new Problem(`The server's certificate is refused (${status}): ${who}`, endpoint, 'give the server a certificate that is in order, and trust that one');
  }

  /** Waits, but no longer than until somebody has trusted or rejected a certificate: a person is waiting too. */
  async changed(milliseconds: number, stop: AbortSignal): Promise<void> {
    const trusted = () => this.read('trusted', join(this.folder, 'trusted', 'certs')).map(({ thumbprint }) => thumbprint).join();
    const before = trusted();
    for (let waited = 0; waited < milliseconds && !stop.aborted && trusted() === before; waited += 1000)
      await pause(Math.min(1000, milliseconds - waited), stop);
  }

  private find(thumbprint: string): KnownCertificate {
    const wanted = thumbprint.replaceAll(/[^0-9a-f]/gi, '').toUpperCase();
    const found = this.list().filter((certificate) => wanted.length >= 8 && certificate.thumbprint.startsWith(wanted));
    if (found.length === 1) return found[0]!;
    throw new Problem(
      found.length === 0 ? `No certificate here has the thumbprint ${thumbprint}` : `${found.length} certificates begin with ${thumbprint}`,
      this.folder,
      'dure-opcua trust list shows them; give at least eight digits. A server is listed once the gateway has tried to reach it',
    );
  }

  private read(state: KnownCertificate['state'], folder: string): KnownCertificate[] {
    if (!existsSync(folder)) return [];
    const known: KnownCertificate[] = [];
    for (const file of readdirSync(folder).sort()) {
      try {
        known.push(describe(readFileSync(join(folder, file)), state));
      } catch {
        // Not a certificate: a person's note, or a list of revoked ones.
      }
    }
    return known;
  }
}

function describe(bytes: Buffer, state: KnownCertificate['state']): KnownCertificate {
  const certificate = new X509Certificate(bytes);
  return {
    state,
    // SHA-1 is what every OPC UA tool shows as the thumbprint; trust itself rests on the whole certificate.
    thumbprint: certificate.fingerprint.replaceAll(':', ''),
    subject: certificate.subject.replaceAll('\n', ', '),
    applicationUri: /URI:([^,\s]+)/.exec(certificate.subjectAltName ?? '')?.[1] ?? '',
    validFrom: new Date(certificate.validFrom).toISOString(),
    validTo: new Date(certificate.validTo).toISOString(),
    der: certificate.raw,
  };
}
