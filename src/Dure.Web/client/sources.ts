// The sources pages: states and counters as they change, the form that tries and adds a source, and the list of values to accept.
import { Refusal, getJson, sendJson } from './http';
import { ItemTable, type Item } from './itemTable';
import { writtenWhole } from './span';

interface Problem { what: string; where: string; mend: string }
interface Source {
  name: string; state: string; enabled: boolean; problem: Problem | null; lastSeen: string | null;
  received: number; accepted: number; ignored: number; duplicates: number; outOfOrder: number; rejected: number; waiting: number; items: { waiting: number };
}
interface Trial { problem: Problem | null; samples: number; seconds: number; items: Item[] }

const refreshMilliseconds = 2000;
const trialSeconds = 5;
const mostItems = 1000;

function within<T extends Element>(root: ParentNode, selector: string): T | null {
  return root.querySelector<T>(selector);
}

function tell(root: ParentNode, problem: Problem | null): void {
  const notice = within<HTMLElement>(root, '[data-problem]');
  if (!notice) return;
  notice.hidden = problem === null;
  for (const part of ['what', 'where', 'mend'] as const) within(notice, `[data-${part}]`)!.textContent = problem?.[part] ?? '';
}

function problemOf(failure: unknown): Problem {
  if (failure instanceof Refusal) return failure;
  return { what: failure instanceof Error ? failure.message : String(failure), where: '', mend: '' };
}

function say(words: string | undefined, ...parts: (string | number)[]): string {
  return (words ?? '').replace(/\{(\d)\}/g, (_, i) => String(parts[Number(i)]));
}

function show(root: ParentNode, source: Source): void {
  const state = within<HTMLElement>(root, '[data-state]');
  const mark = document.querySelector<HTMLTemplateElement>(`template[data-state-mark="${source.state}"]`);
  if (state && mark && state.dataset['is'] !== source.state) {
    if (state.dataset['is'] !== undefined || source.state !== 'connected') state.replaceChildren(mark.content.cloneNode(true));
    state.dataset['is'] = source.state;
  }
  const counts: Record<string, number> = { ...source, waitingItems: source.items.waiting } as never;
  for (const cell of root.querySelectorAll<HTMLElement>('[data-count]')) cell.textContent = (counts[cell.dataset['count']!] ?? 0).toLocaleString('en');
  const says = within(root, '[data-says]');
  if (says) says.textContent = source.problem?.what ?? '';
  const seen = within(root, '[data-seen]');
  if (seen && source.lastSeen) seen.textContent = writtenWhole(Date.parse(source.lastSeen) * 1000);
}

/** Asks again and again, one question at a time, only while the page is looked at. */
function refresh(ask: () => Promise<void>): void {
  const live = document.querySelector<HTMLElement>('[data-live]');
  const round = async () => {
    if (!document.hidden) {
      let isOn = true;
      await ask().catch(() => (isOn = false));
      if (live) {
        live.dataset['state'] = isOn ? 'on' : 'lost';
        live.textContent = (isOn ? live.dataset['on'] : live.dataset['lost']) ?? '';
      }
    }
    setTimeout(() => void round(), refreshMilliseconds);
  };
  void round();
}

function startList(table: HTMLElement): void {
  refresh(async () => {
    const { sources } = await getJson<{ sources: Source[] }>('/api/v1/sources');
    for (const source of sources) {
      const row = within<HTMLElement>(table, `[data-source="${CSS.escape(source.name)}"]`);
      if (row) show(row, source);
    }
  });
}

function startForm(host: HTMLElement, form: HTMLFormElement): void {
  const go = within<HTMLButtonElement>(form, '[data-go]')!;
  const tryButton = within<HTMLButtonElement>(form, '[data-try]')!;
  const status = within<HTMLElement>(form, '[data-says-trial]')!;
  const arrived = within<HTMLElement>(form, '[data-arrived]')!;
  const table = new ItemTable(arrived);
  const name = () => (form.elements.namedItem('name') as HTMLInputElement).value.trim();

  const settings = () => {
    const filled: Record<string, string> = {};
    for (const field of form.querySelectorAll<HTMLInputElement>('[data-setting]')) {
      const value = field.type === 'checkbox' ? String(field.checked) : field.value.trim();
      if (value) filled[field.name] = value;
    }
    return filled;
  };

  /** Shows what is wrong, and marks the field it is about. */
  const refuse = (problem: Problem | null) => {
    tell(form, problem);
    for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
    const named = problem && /(?:setting|field) '(\w+)'/.exec(problem.where);
    const field = problem?.where.startsWith('registers') ? form.elements.namedItem('registers') : named && form.elements.namedItem(named[1]!);
    if (field instanceof HTMLElement) {
      field.setAttribute('aria-invalid', 'true');
      field.focus();
    }
  };

  const busy = (isBusy: boolean, words = '') => {
    tryButton.disabled = go.disabled = isBusy;
    status.textContent = words;
  };

  const label = () => (go.textContent = (table.chosen().length > 0 ? go.dataset['withItems'] : go.dataset['plain']) ?? '');

  tryButton.addEventListener('click', async () => {
    busy(true, host.dataset['trying']);
    refuse(null);
    try {
      const trial = await sendJson<Trial>('POST', '/api/v1/sources/try', { kind: form.dataset['add'], name: name(), settings: settings(), seconds: trialSeconds });
      arrived.hidden = trial.samples === 0;
      table.fill(trial.samples === 0 ? [] : trial.items, (item) => item.newest !== null && item.path !== null && item.unit !== null);
      refuse(trial.problem);
      busy(false, trial.samples === 0 ? '' : say(host.dataset['arrivedWords'], trial.samples, trial.items.length, trial.seconds.toFixed(1)));
    } catch (failure) {
      refuse(problemOf(failure));
      busy(false);
    }
    label();
  });

  arrived.addEventListener('change', label);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const rule = within<HTMLInputElement>(form, '[data-rule]')!.value.trim();
    if (!table.check()) return;
    busy(true);
    try {
      await sendJson('POST', '/api/v1/sources', { name: name(), kind: form.dataset['add'], settings: settings(), ...(rule ? { rule: { items: '', under: rule } } : {}) });
    } catch (failure) {
      refuse(problemOf(failure));
      busy(false);
      return;
    }
    const address = `/sources/${encodeURIComponent(name())}`;
    const items = table.chosen();
    // What cannot be accepted is shown on the source's own page, where it waits.
    if (items.length > 0) await sendJson('POST', `/api/v1${address}/accept`, { items }).catch((failure) => sessionStorage.setItem('dure-refused', JSON.stringify(partsOf(problemOf(failure)))));
    location.assign(address);
  });
}

function partsOf({ what, where, mend }: Problem): Problem {
  return { what, where, mend };
}

function startSource(host: HTMLElement): void {
  const address = `/api/v1/sources/${encodeURIComponent(host.dataset['oneSource']!)}`;
  const table = new ItemTable(host);
  const status = within<HTMLElement>(host, '[data-says-act]')!;
  const actProblem = within<HTMLElement>(host, '[data-act-problem]')!;
  const acts = within<HTMLElement>(host, '[data-acts]')!;

  const load = async () => {
    const [source, { items }] = await Promise.all([getJson<Source>(address), getJson<{ items: Item[] }>(`${address}/items?limit=${mostItems}`)]);
    show(host, source);
    tell(within<HTMLElement>(host, '[data-source-problem]')!, source.problem);
    table.fill(items, () => false);
    acts.hidden = items.length === 0;
    const none = within<HTMLElement>(host, '[data-no-items]');
    if (none) none.hidden = items.length > 0;
  };
  refresh(load);

  const before = sessionStorage.getItem('dure-refused');
  if (before) {
    sessionStorage.removeItem('dure-refused');
    tell(actProblem, JSON.parse(before) as Problem);
  }

  for (const button of host.querySelectorAll<HTMLButtonElement>('[data-act]'))
    button.addEventListener('click', async () => {
      const act = button.dataset['act']!;
      const chosen = table.chosen();
      if (chosen.length === 0 || (act === 'accept' && !table.check())) return;
      tell(actProblem, null);
      try {
        await sendJson('POST', `${address}/${act}`, { items: act === 'accept' ? chosen : chosen.map((item) => item.item) });
        status.textContent = act === 'accept' ? say(host.dataset['acceptedWords'], chosen.length) : '';
        table.untick();
        await load();
      } catch (failure) {
        tell(actProblem, problemOf(failure));
      }
    });

  for (const button of host.querySelectorAll<HTMLButtonElement>('[data-manage-do]'))
    button.addEventListener('click', async () => {
      const manage = button.dataset['manageDo']!;
      if (button.dataset['sure'] && !confirm(button.dataset['sure'])) return;
      try {
        if (manage === 'remove') await sendJson('DELETE', address);
        else if (manage === 'restart') await sendJson('POST', `${address}/restart`, {});
        else await sendJson('POST', address, { enabled: manage === 'start' });
        location.assign(manage === 'remove' ? '/sources' : location.pathname);
      } catch (failure) {
        tell(within<HTMLElement>(host, '[data-manage-problem]')!, problemOf(failure));
      }
    });
}

const list = document.querySelector<HTMLElement>('[data-sources]');
if (list) startList(list);
const adding = document.querySelector<HTMLElement>('[data-adding]');
const form = adding?.querySelector<HTMLFormElement>('form[data-add]');
if (adding && form) startForm(adding, form);
const one = document.querySelector<HTMLElement>('[data-one-source]');
if (one) startSource(one);
