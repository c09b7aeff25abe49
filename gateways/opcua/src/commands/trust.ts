import type { Place } from '../config.ts';
import { Problem } from '../problem.ts';
import { TrustStore } from '../server/trust.ts';

/** Lists the servers' certificates, trusts one, or takes the trust back. */
export async function trust(config: Place, action: string | undefined, thumbprint: string | undefined, write: (text: string) => void): Promise<void> {
  const store = await new TrustStore(config.dataFolder).open();
  try {
    if (action === 'list') {
      const known = store.list();
      if (known.length === 0) write('No certificate yet: run or browse meets the server and keeps its certificate here.\n');
      for (const c of known) write(`${c.state.padEnd(9)} ${c.thumbprint}  ${c.subject}\n          ${c.applicationUri}  valid ${c.validFrom} to ${c.validTo}\n`);
    } else if ((action === 'add' || action === 'reject') && thumbprint !== undefined) {
      const certificate = action === 'add' ? await store.trust(thumbprint) : await store.reject(thumbprint);
      write(`${action === 'add' ? 'trusted' : 'rejected'}: ${certificate.subject}, thumbprint ${certificate.thumbprint}\n`);
    } else {
      throw new Problem('trust needs to know what to do', 'command line', 'dure-opcua trust list, trust add THUMBPRINT or trust reject THUMBPRINT');
    }
  } finally {
    await store.close();
  }
}
